"""Who does trials: the workers of a Ray cluster.

A trial is a Ray task without Ray's own retries: that a worker died is told to the
driver, which begins the trial again, as with processes of this machine.
"""

from __future__ import annotations

import os
import socket
from typing import Any

from transformer_programs.data import Dataset
from transformer_programs.errors import SettingsError
from transformer_programs.lab.sweep.trial import Failed, Job, Report, run_trial
from transformer_programs.settings import TrainSettings

LOCAL = "local"
"""Instead of an address: a cluster of this machine alone, for as long as it is used."""


class RayWorkers:
    """The CPUs, or GPUs, of a cluster.

    Args:
        address: of the cluster as Ray has it, or ``local``.
        count: trials at a time; by default as many as the cluster has room for.
        dataset: what all trials learn from.
        training: the threads and the device that every trial needs.

    Raises:
        SettingsError: if the cluster cannot be reached.
    """

    def __init__(
        self,
        address: str,
        count: int | None,
        dataset: Dataset,
        training: TrainSettings,
    ) -> None:
        self._ray = _ray()
        _connect(self._ray, address, count)
        of_gpu = training.device.startswith("cuda")
        self.count = count or self._room("GPU" if of_gpu else "CPU")
        self._dataset = self._ray.put(dataset)
        self._run = self._ray.remote(run_trial).options(
            max_retries=0, num_cpus=training.threads, num_gpus=1 if of_gpu else 0
        )
        self._running: dict[Any, Job] = {}

    def _room(self, resource: str) -> int:
        return max(1, int(self._ray.cluster_resources().get(resource, 1)))

    def submit(self, job: Job) -> None:
        """Begin a trial where the cluster has room."""
        self._running[self._run.remote(job, self._dataset)] = job

    def wait(self, seconds: float) -> list[tuple[Job, Report | None]]:
        """The trials that have ended since."""
        ready, _ = self._ray.wait(list(self._running), timeout=seconds)
        return [(self._running.pop(task), self._report(task)) for task in ready]

    def _report(self, task: Any) -> Report | None:
        try:
            report: Report = self._ray.get(task)
        except self._ray.exceptions.RayTaskError as error:  # it could not even begin
            return Failed(str(error).rstrip().rpartition("\n")[2])
        except self._ray.exceptions.RayError:
            return None
        return report

    def close(self) -> None:
        """Stop what is running, and leave the cluster."""
        for task in self._running:
            self._ray.cancel(task, force=True)
        self._running.clear()
        self._ray.shutdown()


def check_installed() -> None:
    """Is Ray there?

    Raises:
        SettingsError: if it is not.
    """
    _ray()


def _ray() -> Any:
    """The library.

    Raises:
        SettingsError: if it is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise SettingsError(
            "--ray needs Ray, which is not installed: "
            "pip install 'transformer-programs[ray]'"
        ) from None
    return ray


def _connect(ray: Any, address: str, count: int | None) -> None:
    """Start a local cluster, or join one.

    Raises:
        SettingsError: if that fails.
    """
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address == LOCAL:
            ray.init(address=LOCAL, num_cpus=count, include_dashboard=False, **quiet)
        else:
            _knock(address)
            ray.init(address=address, **quiet)
    except Exception as error:  # ConnectionError, ValueError, RuntimeError, ...
        raise SettingsError(f"--ray {address}: cannot be reached: {error}") from error


def _knock(address: str) -> None:
    """Does anyone listen there? Ray itself would ask for minutes.

    Raises:
        OSError: if not.
        ValueError: if the port is no number.
    """
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon:  # else a word like "auto"
        socket.create_connection((host, int(port)), timeout=10).close()
