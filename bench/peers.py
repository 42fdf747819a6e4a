"""The tools that fleet is held against, in an environment of their own."""

import os

from measure import run, say

here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
place = f"{here}/.build/bench/peers"


def program(name):
    """Of the environment, which is made where it is not there, or not the one that is asked for."""
    wanted = f"{here}/bench/peers.txt"
    stamp = f"{place}/peers.txt"
    with open(wanted) as file:
        text = file.read()
    if not os.path.exists(stamp) or open(stamp).read() != text:
        say("installing what fleet is held against")
        run(["python3", "-m", "venv", "--clear", place])
        run([f"{place}/bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", wanted])
        with open(stamp, "w") as file:
            file.write(text)
    return f"{place}/bin/{name}"


def ansible(hosts, *words):
    """Its words, and its environment: nothing of this machine's own settings, and all hosts at once."""
    settings = f"{hosts.folder}/ansible.cfg"
    open(settings, "w").close()
    return [program("ansible"), "all", "-i", f"{hosts.folder}/hosts.ini", *words], {
        **hosts.environment,
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_PRIVATE_KEY_FILE": hosts.key,
        "ANSIBLE_FORKS": str(len(hosts.names)),
        "ANSIBLE_HOME": f"{hosts.folder}/ansible",
        "ANSIBLE_CONFIG": settings,
        "ANSIBLE_LOCALHOST_WARNING": "False",
    }


def mitogen():
    """Where Ansible finds its strategies."""
    return (
        run(
            [program("python"), "-c", "import ansible_mitogen, os; print(os.path.dirname(ansible_mitogen.__file__))"]
        ).strip()
        + "/plugins/strategy"
    )
