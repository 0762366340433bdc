"""A real Slurm on this machine alone, for as long as a `with` lasts: munged, slurmctld and slurmd of Debian, with configuration, ports, key and
state of their own in one temporary folder. A Slurm or munge that the machine has otherwise is neither used nor touched.
"""

import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from packages import Unavailable

CORES = 2  # that Slurm gives out, whatever the machine has
START_SECONDS = 30
ENDED = ("COMPLETED", "FAILED", "TIMEOUT", "CANCELLED", "NODE_FAIL", "OUT_OF_MEMORY")
KILL_SECONDS = 2  # between SIGTERM and SIGKILL for a job that has to end

# No accounting, no control groups and no binding to cores: containers have no right to those.
CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=1
ReturnToService=2
KillWait={kill_seconds}
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


class Failed(Exception):
    """What a command of Slurm said when it failed, or what was waited for in vain."""


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def end_with_parent():
    """In a new process: it gets SIGTERM when the test dies, even if that is killed."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def adopt_orphans():
    """Makes this process the parent of daemons that its children leave, as slurmd leaves its steps."""
    pr_set_child_subreaper = 36
    ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1)


def bury_orphans(seconds):
    """Waits for adopted daemons to end; in a container there may be no one else who does."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.1)


class Cluster:
    """`folder` holds everything and is removed at the end."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="shearwater_slurm_"))
        self.host = socket.gethostname().split(".")[0]
        self.services = []
        # What a Slurm job that this test may be part of has set must not reach the jobs of this one.
        foreign = ("SLURM_", "SBATCH_", "SRUN_", "PMIX_", "OMPI_", "SHEARWATER")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        self.environment |= {"SLURM_CONF": str(self.folder / "slurm.conf"), "TMPDIR": str(self.folder / "tmp")}

    def __enter__(self):
        try:
            self.start()
        except BaseException as error:
            self.stop()
            if isinstance(error, Failed):
                raise Unavailable(f"Slurm does not start here: {error}") from None
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        if os.getuid() != 0:
            raise Unavailable("only root can start the services of Slurm")
        adopt_orphans()
        self.folder.chmod(0o755)  # munged insists that all can come to its socket
        for name in ("munge", "state", "spool", "tmp"):
            (self.folder / name).mkdir(mode=0o755)
        controller_port, node_port = free_ports(2)
        text = CONFIGURATION.format(folder=self.folder, host=self.host, cores=CORES, kill_seconds=KILL_SECONDS,
                                    controller_port=controller_port, node_port=node_port)
        (self.folder / "slurm.conf").write_text(text)
        (self.folder / "mpi.conf").write_text(f"PMIxCliTmpDirBase={self.folder}/tmp\n")
        key = self.folder / "munge" / "key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        files = {"key-file": key} | {name: self.folder / "munge" / name for name in ("socket", "pid-file", "log-file", "seed-file")}
        self.serve("munged", "--foreground", *(f"--{option}={path}" for option, path in files.items()))
        self.wait_for((self.folder / "munge" / "socket").exists, "munged's socket", START_SECONDS)
        self.serve("slurmctld", "-D", "-f", self.folder / "slurm.conf")
        self.serve("slurmd", "-D", "-f", self.folder / "slurm.conf")
        self.wait_for(lambda: self.try_ask("sinfo", "--noheader", "--format=%T") == "idle", "an idle node", START_SECONDS)

    def serve(self, name, *words):
        program = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
        if not program:
            raise Unavailable(f"there is no {name}, though its package is installed")
        with (self.folder / f"{name}.log").open("w") as log:
            process = subprocess.Popen([program, *words], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=self.environment,
                                       preexec_fn=end_with_parent)
        self.services.append((name, process))

    def stop(self):
        """Ends jobs, then services in the opposite order of their start, and removes the folder."""
        with contextlib.suppress(Exception):
            if len(self.services) == 3:
                self.ask("scancel", "--user=root")
                self.wait_for(lambda: self.ask("squeue", "--noheader") == "", "jobs to end", 20)
        for _, process in reversed(self.services):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        bury_orphans(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def ask(self, *command, **options):
        """Standard output of a command that speaks with this Slurm."""
        process = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=self.environment, timeout=60, **options)
        if process.returncode != 0:
            raise Failed(f"{' '.join(map(str, command))}: {process.stderr.strip() or process.stdout.strip()}")
        return process.stdout.strip()

    def try_ask(self, *command):
        with contextlib.suppress(Failed):
            return self.ask(*command)
        return None

    def wait_for(self, happened, what, seconds):
        deadline = time.monotonic() + seconds
        while not happened():
            for name, process in self.services:
                if process.poll() is not None:
                    raise Failed(f"{name} has ended:\n{self.log(name)}")
            if time.monotonic() > deadline:
                logs = "\n".join(f"{name}:\n{self.log(name)}" for name, _ in self.services)
                raise Failed(f"waited {seconds} s in vain for {what}\n{logs}")
            time.sleep(0.1)

    def log(self, name):
        """The end of what a service has said."""
        return "\n".join((self.folder / f"{name}.log").read_text(errors="replace").splitlines()[-15:])

    def job(self, number):
        """What Slurm knows of a job, as a dictionary of words."""
        words = self.ask("scontrol", "--oneliner", "show", "job", number).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def wait_for_state(self, number, states, seconds):
        """The job once it is in one of the states."""
        self.wait_for(lambda: self.job(number)["JobState"] in states, f"job {number} to be {' or '.join(states)}", seconds)
        return self.job(number)

    def wait_for_end(self, number, seconds=60):
        return self.wait_for_state(number, ENDED, seconds)

    def requeue(self, number):
        """Puts a running job back and lets it start again soon; Slurm would wait two minutes.

        Not at once: the end of the old script could be taken for that of the new one, and the node refuses what was made in the second in which
        the job was killed, or before. The node has a socket for each step that runs.
        """
        self.ask("scontrol", "requeue", number)
        self.wait_for_state(number, ("PENDING",), 20)
        self.wait_for(lambda: not any((self.folder / "spool").glob(f"{self.host}_{number}.*")), f"steps of job {number} to end", 20)
        self.ask("scontrol", "update", f"jobid={number}", "StartTime=now+2")
        self.wait_for_state(number, ("RUNNING", *ENDED), 30)
