"""A Django project in one file: sessions in the database, login by django.contrib.auth, notes per session."""
import os
import sys

import django
from django.conf import settings

BROKEN = os.environ.get("BROKEN")
FOLDER = os.environ["HOST_DIR"]

settings.configure(
    SECRET_KEY="the same for all instances",
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.path.join(FOLDER, "db.sqlite3"),
            "OPTIONS": {"timeout": 20, "init_command": "PRAGMA journal_mode=WAL;", "transaction_mode": "IMMEDIATE"},
        }
    },
    # Defect 1: sessions are in a cache in the memory of each process.
    SESSION_ENGINE="django.contrib.sessions.backends.cache" if BROKEN == "1" else "django.contrib.sessions.backends.db",
    # A fast hash on purpose, since the tests log in hundreds of times.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    LOGIN_URL="/accounts/login/",
    LOGIN_REDIRECT_URL="/notes/",
    LOGOUT_REDIRECT_URL="/accounts/login/",
    CSRF_COOKIE_HTTPONLY=True,
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [os.path.join(os.path.dirname(os.path.abspath(__file__)), "templates")],
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
)
django.setup()

from django.contrib import messages  # noqa: E402
from django.contrib.auth import views  # noqa: E402
from django.contrib.auth.decorators import login_required  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.shortcuts import redirect, render  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.http import require_POST  # noqa: E402


def home(request):
    return render(request, "home.html")


@login_required
def notes(request):
    return render(request, "notes.html", {"notes": request.session.get("notes", [])})


@login_required
@require_POST
def add(request):
    request.session["notes"] = request.session.get("notes", []) + [request.POST["text"][:200]]
    messages.success(request, "Noted.")
    return redirect("/notes/")


@require_POST
def forget(request):
    """Defect 2: the logout deletes the cookie, and not the session."""
    response = redirect(settings.LOGOUT_REDIRECT_URL)
    response.delete_cookie(settings.SESSION_COOKIE_NAME)
    return response


urlpatterns = [
    path("", home),
    path("accounts/login/", views.LoginView.as_view(template_name="login.html")),
    path("accounts/logout/", forget if BROKEN == "2" else views.LogoutView.as_view()),
    path("notes/", notes),
    path("notes/add/", add),
    path("healthz", lambda request: HttpResponse("ok")),
]


def prepare():
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0, run_syncdb=True)
    for name in ("alice", "bob"):
        User.objects.create_user(name, f"{name}@example.test", os.environ["PASSWORD"])


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare()
    else:
        from socketserver import ThreadingMixIn
        from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

        class Server(ThreadingMixIn, WSGIServer):
            daemon_threads = True
            request_queue_size = 128

        class Quiet(WSGIRequestHandler):
            def log_message(self, *args):
                pass

        make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), Server, Quiet).serve_forever()
