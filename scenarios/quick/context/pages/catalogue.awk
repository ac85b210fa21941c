# Turns the catalogue into one section of HTML. POSIX awk; the numbers come from a generator of our own (Lehmer,
# modulus 2^31 - 1, multiplier 48271: products stay below 2^53), since rand() differs between mawk and BusyBox.
function next_number(limit) {
    seed = (seed * 48271) % 2147483647
    return seed % limit
}

BEGIN {
    seed = 20200101
    print "<section id=\"section-@SECTION@\">"
}

/^#/ { next }

{
    printf "  <article id=\"item-@SECTION@-%d\" class=\"item item--%s\">\n", ++item, $2
    printf "    <h2>%s</h2>\n    <p>%s</p>\n    <ol>\n", $1, $3
    for (row = 0; row < 24; row++)
        printf "      <li data-lot=\"%08d\">%d pieces at %d.%02d</li>\n", \
            next_number(100000000), next_number(900) + 100, next_number(90) + 10, next_number(100)
    print "    </ol>\n  </article>"
}

END { print "</section>" }
