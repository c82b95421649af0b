"""A program that reads the database while a sweep of real training runs, as a pager that is left open on a query. Held for
--hold seconds, the sweep goes on afterwards, others can read meanwhile, and no run is made twice. Then --kills times
everything is killed during a hold, and the same command again goes on; then a stop is requested during a hold. In the end
the tables are those of a sweep that nobody read."""
from drill import *

SWEEP_OF_TRAINING = ["smoke", "train.steps=500", "train.checkpoint_every=50", "run.log_every=10", "attention.kind=vanilla,sink"]
CHECKPOINT_EVERY = 50


class Held:
    """One row of many is fetched; the lock of a reader stays until the end."""

    def __init__(self, db):
        self.connection = connect(db)
        self.rows = self.connection.execute("select * from metric")
        need(self.rows.fetchone() is not None, "no row to fetch")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.rows.close()
        self.connection.close()


def command(db):
    return ["--db", db, "run", *SWEEP_OF_TRAINING, "--workers", "2", "--keep", "all"]


def attempts(db):
    try:
        return value(db, "select count(*) from attempt") if os.path.exists(db) else 0
    except sqlite3.Error:  # not complete yet
        return 0


def at_work(db):
    """Starts the sweep and waits until a worker has begun and there is a row."""
    before = attempts(db)
    process = start(command(db), body="train")
    for _ in range(1200):
        time.sleep(0.1)
        if attempts(db) > before and value(db, "select count(*) from metric") > 0:
            return process
        need(process.poll() is None, "the sweep ended before it began")
    raise Broken("no row within two minutes")


def hold(db, seconds, whole):
    process = at_work(db)
    with Held(db):
        end, slowest = time.monotonic() + seconds, 0.0
        while time.monotonic() < end:
            began = time.monotonic()
            code, _, err = sinkmoe(["--db", db, "status"])
            need(code == 0, "status meanwhile: " + err)
            slowest = max(slowest, time.monotonic() - began)
            need(process.poll() is None, "the sweep ended while the database was held")
            time.sleep(min(5, seconds / 4))
    code, _, err = finish(process, 300)
    need(code == 0, "the sweep ended with code %d: %s" % (code, err))
    need("reads the database" in err, "it does not say that it waits: " + err)
    need(tables(db, CHECKPOINT_EVERY) == whole, difference(tables(db, CHECKPOINT_EVERY), whole))
    runs, attempts = value(db, "select count(*) from run"), value(db, "select count(*) from attempt")
    need(attempts == runs, "%d attempts at %d runs" % (attempts, runs))
    return slowest


def kill(db, random):
    process = at_work(db)
    with Held(db):
        time.sleep(random.uniform(0.1, 4))
        kill_group(process)
    return settled(db)


def stop(db):
    process = at_work(db)
    with Held(db):
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code, _, err = finish(process, 60)
        seconds = time.monotonic() - began
    need(code == 75, "SIGTERM during a hold: code %d: %s" % (code, err))
    return seconds


def main():
    options = arguments(__doc__, hold=120, kills=5)
    random_ = random.Random(options.seed)
    with Folder() as folder:
        path = lambda name: os.path.join(folder, name, "r.db")
        code, _, err = sinkmoe(command(path("whole")), body="train", seconds=600)
        need(code == 0, err)
        whole = tables(path("whole"), CHECKPOINT_EVERY)
        slowest = hold(path("held"), options.hold, whole)
        for _ in range(options.kills):
            kill(path("cut"), random_)
        seconds = stop(path("cut"))
        code, _, err = sinkmoe(command(path("cut")), body="train", seconds=600)
        need(code == 0, "the same command again: " + err)
        need(tables(path("cut"), CHECKPOINT_EVERY) == whole, difference(tables(path("cut"), CHECKPOINT_EVERY), whole))
    return {"hold_s": options.hold, "slowest_status_s": round(slowest, 2), "kills": options.kills, "stop_s": round(seconds, 1),
            "rows": len(whole[0])}


if __name__ == "__main__":
    try:
        sys.exit(result("readers", True, main()))
    except Broken as error:
        sys.exit(result("readers", False, {}, [str(error)]))
