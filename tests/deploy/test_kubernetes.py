"""The Kubernetes example in deploy/README.md fits the daemon and the image: ports, paths, user."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

from mailrules.config import Daemon
from mailrules.daemon.health import HEALTH, READY

DEPLOY = Path(__file__).parents[2] / "deploy"
README = (DEPLOY / "README.md").read_text(encoding="utf-8")
CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")


(EXAMPLE,) = re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
POD = yaml.safe_load(EXAMPLE)["spec"]["template"]["spec"]


def test_the_probes_ask_what_the_daemon_answers_where_it_listens() -> None:
    (container,) = POD["containers"]
    assert {"path": HEALTH, "port": "health"} == container["livenessProbe"]["httpGet"]
    assert {"path": READY, "port": "health"} == container["readinessProbe"]["httpGet"]
    (listen,) = re.findall(r"^listen = .*$", README, re.MULTILINE)
    told = Daemon.model_validate(tomllib.loads(listen)).listen
    assert told is not None
    assert [{"name": "health", "containerPort": told.port}] == container["ports"]


def test_it_runs_as_the_images_user_on_the_images_folders() -> None:
    (container,) = POD["containers"]
    assert f"USER {POD['securityContext']['runAsUser']}\n" in CONTAINERFILE
    for mount in container["volumeMounts"]:
        assert mount["mountPath"] == "/run/secrets" or mount["mountPath"] in CONTAINERFILE
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in POD["volumes"]}
