"""python -m growroom daemon | web | check | init | seed"""

import argparse
import sys

from growroom.config import GROWROOM_VERSION


def main():
    parser = argparse.ArgumentParser(prog="growroom", description=__doc__)
    parser.add_argument("--version", action="version", version=GROWROOM_VERSION)
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("daemon", help="control the room until told to stop")
    verbs.add_parser("web", help="serve the web page; the daemon must be running")
    verbs.add_parser("check", help="ask the daemon how it is: GOOD, or Error: and why")
    init = verbs.add_parser("init", help="make what a new room needs: config.ini, certificate, database")
    init.add_argument("--name", default="tent")
    init.add_argument("--bind", default="127.0.0.1")
    init.add_argument("--port", type=int, default=8780)
    init.add_argument("--web-port", type=int, default=8781)
    init.add_argument("--log", default="/var/log/growroom")
    init.add_argument("--run", default="/run/growroom")
    seed = verbs.add_parser("seed", help="fill the database with measurements of past days")
    seed.add_argument("rows", type=int)
    arguments = parser.parse_args()

    # Each verb imports only what it needs: `check` runs often and must start quickly.
    if arguments.verb == "daemon":
        from growroom.daemon import run
        return run()
    if arguments.verb == "web":
        from growroom.web import run
        return run()
    if arguments.verb == "check":
        from growroom.check import run
        return run()
    from growroom import setup
    if arguments.verb == "init":
        return setup.init(arguments)
    return setup.seed(arguments.rows)


sys.exit(main())
