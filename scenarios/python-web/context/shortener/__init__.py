"""A link shortener: POST a URL, get a short path that leads to it."""

from flask import Flask, abort, jsonify, redirect, render_template, request

from shortener.store import Links


def create_app() -> Flask:
    """Make the service with an empty store of links."""
    app = Flask(__name__)
    links = Links()

    @app.get("/")
    def index():
        return render_template("index.html", links=links.newest(20))

    @app.post("/links")
    def shorten():
        url = (request.get_json(silent=True) or request.form).get("url", "")
        if not url.startswith(("http://", "https://")):
            abort(400, "a link starts with http:// or https://")
        key = links.add(url)
        return jsonify(key=key, url=url), 201, {"Location": f"/{key}"}

    @app.get("/<key>")
    def follow(key: str):
        url = links.find(key) or abort(404)
        return redirect(url)

    @app.get("/health")
    def health():
        return jsonify(status="healthy", service="shortener", links=len(links))

    return app
