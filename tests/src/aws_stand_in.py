"""Moto, a stand-in for AWS, on a port of loopback: aws_stand_in.py PORT. GET /sent has the letters that Amazon SES took."""

import json
import sys

from moto.core import DEFAULT_ACCOUNT_ID
from moto.server import DomainDispatcherApplication, create_backend_app
from moto.ses.models import ses_backends
from werkzeug.serving import run_simple

services = DomainDispatcherApplication(create_backend_app)


def sent():
    backends = ses_backends[DEFAULT_ACCOUNT_ID].values()
    return [
        {"from": mail.source, "to": mail.destinations, "raw": mail.raw_data}
        for backend in backends
        for mail in backend.sent_messages
    ]


def app(environ, start_response):
    if environ["PATH_INFO"] == "/sent":
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(sent()).encode()]
    return services(environ, start_response)


run_simple("127.0.0.1", int(sys.argv[1]), app, threaded=True)
