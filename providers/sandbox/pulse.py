"""Who notices that something has become due when nobody calls? One thread that sleeps until the next hour."""

import logging
import threading

from django.db import DatabaseError, connection

from providers.sandbox import appointments, clock, outbox

log = logging.getLogger(__name__)

# At least this often, whatever is noted: the machine may have slept.
_LONGEST_SLEEP = 30.0


def start() -> None:
    threading.Thread(target=_beat, name="pulse", daemon=True).start()


def _beat() -> None:
    while True:
        seen = clock.bell.count
        try:
            appointments.keep_due()
            outbox.send_due()
            due = [at for at in (appointments.next_due(), outbox.next_due()) if at is not None]
            sleep = min([_LONGEST_SLEEP, *((at - clock.now()).total_seconds() for at in due)])
        except DatabaseError:
            log.exception("the pulse stumbled and goes on")
            sleep = 1.0
        finally:
            connection.close()
        clock.bell.wait(seen, max(sleep, 0.02))
