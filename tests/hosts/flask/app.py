"""A Flask app with flask-login, whose sessions are in Flask's signed cookie."""
import os
import sys

from flask import Flask, redirect, render_template_string, request, session
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user, logout_user
from werkzeug.serving import WSGIRequestHandler, run_simple

BROKEN = os.environ.get("BROKEN")
app = Flask(__name__)
# Defect 1: each instance generates its own key, so it rejects the cookies of the others.
app.secret_key = os.urandom(16) if BROKEN == "1" else "the same for all instances"
# Defect 2: scripts can read the cookie.
app.config.update(SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_HTTPONLY=BROKEN != "2")
login = LoginManager(app)
login.login_view = "enter"


class User(UserMixin):
    def __init__(self, name):
        self.id = name


@login.user_loader
def load(name):
    return User(name) if name in ("alice", "bob") else None


PAGE = """<!doctype html><title>Flask</title>
<nav><a href="/">Home</a> {% if current_user.is_authenticated %}
<span class="me">{{ current_user.id }}</span> <a href="/logout">Logout</a>{% else %}
<a href="/login">Login</a> <a href="/register">Register</a>{% endif %}</nav>
{% block body %}{{ body | safe }}{% endblock %}"""

LOGIN = """<form method="post"><label for="u">User</label><input id="u" name="username">
<input type="password" name="password"><input type="checkbox" name="remember" value="1">
<input type="submit" value="Login"></form>"""


@app.get("/healthz")
def healthz():
    return "ok"


@app.route("/register", methods=["GET", "POST"])
def register():
    form = """<form method="post"><input name="username"><input type="email" name="email">
    <input type="password" name="password"><input type="password" name="again"><button>Register</button></form>"""
    return render_template_string(PAGE, body=form)


@app.route("/login", methods=["GET", "POST"])
def enter():
    if request.method == "POST":
        user = load(request.form.get("username", ""))
        if user is None or request.form.get("password") != os.environ["PASSWORD"]:
            return render_template_string(PAGE, body="<p>Wrong.</p>" + LOGIN)
        session.clear()
        login_user(user)
        return redirect("/")
    return render_template_string(PAGE, body=LOGIN)


@app.get("/logout")
@login_required
def leave():
    logout_user()
    session.clear()
    return redirect("/login")


@app.get("/")
@login_required
def home():
    items = "".join(f'<li data-todo="{one}">{one}</li>' for one in session.get("todo", []))
    form = '<form method="post" action="/todo"><input name="todo"><button>Add</button></form>'
    return render_template_string(PAGE, body=f"<ul>{items}</ul>{form}")


@app.post("/todo")
@login_required
def todo():
    text = "".join(c for c in request.form["todo"][:100] if c.isalnum() or c in ".-_")
    session["todo"] = session.get("todo", []) + [text]
    return redirect("/")


class Quiet(WSGIRequestHandler):
    def log_request(self, *args):
        pass


if __name__ == "__main__":
    run_simple("127.0.0.1", int(sys.argv[1]), app, threaded=True, request_handler=Quiet)
