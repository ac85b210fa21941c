FROM buildmark.invalid/debian-12:base AS build

# Becomes part of every page; a build arg so that the amount of work can be turned up without touching the template.
ARG SECTIONS=400

WORKDIR /src
COPY site/ site/
COPY pages/ pages/

RUN mkdir -p /tmp/site /srv/site \
 && awk -F ';' -f pages/catalogue.awk pages/catalogue.csv > /tmp/site/section.html \
 && ( i=0; while [ $i -lt $SECTIONS ]; do sed "s/@SECTION@/$i/g" /tmp/site/section.html; i=$((i+1)); done > /tmp/site/body.html ) \
 && cat pages/head.html /tmp/site/body.html pages/foot.html > /srv/site/index.html \
 && cat site/reset.css site/layout.css > /srv/site/style.css && cp site/app.js site/logo.svg /srv/site/ \
 && ( for file in /srv/site/*; do cat $file | gzip -9 > $file.gz; done ) \
 && ( cd /srv/site && sha256sum * > /tmp/site/SHA256SUMS && cp /tmp/site/SHA256SUMS . ) \
 && rm -rf /tmp/site /src/site /src/pages

FROM buildmark.invalid/debian-12:base

LABEL org.opencontainers.image.title="buildmark quick" \
      org.opencontainers.image.description="The assets of a static site"
ENV SITE=/srv/site

# useradd is not in every base, and adduser means two different programs: two lines of text mean the same everywhere.
RUN echo 'web:x:10001:' >> /etc/group \
 && echo 'web:x:10001:10001:web:/srv/site:/bin/false' >> /etc/passwd
COPY --from=build --chown=10001:10001 /srv/site /srv/site

WORKDIR $SITE
USER web
CMD ["sha256sum", "-c", "SHA256SUMS"]
