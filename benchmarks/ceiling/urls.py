"""The references' addresses."""

from django.urls import path

from benchmarks.ceiling.views import Appointments, Book, Client, Clients

urlpatterns = [
    path("clients/", Clients.as_view()),
    path("clients/<uuid:pk>/", Client.as_view()),
    path("appointments/", Appointments.as_view()),
    path("bookings/", Book.as_view()),
]
