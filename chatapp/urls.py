"""Every address the web process answers."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from chatapp.api.routes import api
from chatapp.pages import views

# The admin's own sign-in knows no limit on guesses; the product's does.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler500 = "chatapp.pages.faults.fault"

urlpatterns = [
    path("api/v1/", api.urls),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("healthz", views.health),
    path("", views.shell, name="home"),
    path("c/<uuid:conversation_id>", views.shell, name="conversation"),
]
