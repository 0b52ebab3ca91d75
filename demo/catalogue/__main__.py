"""Start the catalogue.

python -m demo.catalogue --data DIR --port N --secure-environment URL --source-key KEY [--prepare | --worker]
"""

import argparse
import os
import threading
import warnings

# Invenio's own modules warn on every import; a newcomer can do nothing about that
warnings.simplefilter("ignore")

SWEEP_SECONDS = 1


def main():
    """Prepare, or serve until a signal comes."""
    parser = argparse.ArgumentParser(prog="python -m demo.catalogue")
    parser.add_argument("--data", required=True, help="folder of the database, keys and tokens")
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--secure-environment", required=True, metavar="URL")
    parser.add_argument("--source-key", required=True, metavar="whpk_...")
    for number in ("second", "third"):
        parser.add_argument("--%s-secure-environment" % number, metavar="URL")
        parser.add_argument("--%s-source-key" % number, metavar="whpk_...")
    parser.add_argument("--sd-apply", metavar="URL", help="address of SD Apply, which csc then uses")
    parser.add_argument("--sd-apply-data", metavar="DIR", help="folder of its secrets")
    parser.add_argument("--sign-in", metavar="FILE", help="what is told of the provider where curators sign in")
    parser.add_argument("--prepare", action="store_true", help="make the database, then end")
    parser.add_argument("--worker", action="store_true", help="be the Celery worker, with beat, of $BROKER_URL")
    options = parser.parse_args()
    data = os.path.abspath(options.data)
    os.makedirs(data, exist_ok=True)
    os.environ.setdefault("INVENIO_INSTANCE_PATH", os.path.join(data, "instance"))

    from ..secure_environment.sites import SITES
    from .app import create_app
    from .config import settings
    from .server import serve

    second = options.second_secure_environment and (options.second_secure_environment, options.second_source_key)
    third = options.third_secure_environment and (options.third_secure_environment, options.third_source_key)
    configured = settings(
        data,
        options.port,
        options.secure_environment,
        options.source_key,
        os.environ,
        second,
        third,
        {name: site.ways for name, site in SITES.items()},
    )
    if options.sd_apply:
        from .sd_apply import use

        use(configured, options.sd_apply_data, options.sd_apply)
    if options.sign_in:
        from . import sign_in

        sign_in.use(configured, options.sign_in)
    app = create_app(configured)
    if options.prepare:
        from .prepare import prepare

        prepare(app, data)
        if options.sign_in:
            sign_in.link(app, options.sign_in)
    elif options.worker:
        work(app, data)
    else:
        # the sweep runs beside it where no Celery does
        serve(app, options.port, post_worker_init=lambda worker: begin(app))


def begin(app):
    """In the process that serves: no connection of its parent's is used, and the sweep runs."""
    from invenio_db import db

    with app.app_context():
        db.engine.dispose(close=False)
    if app.config["CELERY_TASK_ALWAYS_EAGER"]:
        threading.Thread(target=sweep, args=(app,), daemon=True).start()


def work(app, data):
    """Be a Celery worker, with beat inside."""
    from flask_celeryext import create_celery_app

    schedule = os.path.join(data, "beat")
    create_celery_app(app).worker_main(["worker", "-B", "-s", schedule, "--concurrency", "2", "-l", "INFO"])


def sweep(app):
    """What Celery beat does on a site."""
    from invenio_db import db

    from secureb2share_ext.outbox.tasks import sweep as task

    wake = threading.Event()
    while not wake.wait(SWEEP_SECONDS):
        with app.app_context():
            try:
                task()
            except Exception:
                app.logger.exception("secureb2share.sweep-failed")
            finally:
                db.session.remove()


if __name__ == "__main__":
    main()
