# A Slurm of one node on loopback, for tests: its own munge, ports and folder; no systemd, no accounting. Sourced after
# common.sh, never run. start_slurm starts it, stop_slurm ends what it started. Needs Debian's slurmctld, slurmd,
# slurm-client and munge, and root, because slurmd starts jobs as other users.

slurm_cpus="${SLURM_SITE_CPUS:-4}"  # that the node claims to have

with_slurm() {
  local program
  for program in munged slurmctld slurmd sbatch squeue scontrol; do
    [ -n "$(PATH="$PATH:/usr/sbin" command -v "$program")" ] ||
      { echo "skipped: no $program (Debian: apt-get install slurmctld slurmd slurm-client munge)"; exit 77; }
  done
  [ "$(id -u)" = 0 ] || { echo "skipped: a test Slurm is started by root"; exit 77; }
  export PATH="$PATH:/usr/sbin"
}

# free_port FROM: a port on loopback that nobody listens on.
free_port() {
  local port
  for port in $(seq "$1" $(($1 + 500))); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
}

write_slurm_conf() {
  local host
  host="$(hostname -s)"
  cat >"$site/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port $((20000 + $$ % 10000)))
SlurmdPort=$(free_port $((31000 + $$ % 10000)))
AuthType=auth/munge
AuthInfo=socket=$site/munge/socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$site/state
SlurmdSpoolDir=$site/spool
SlurmctldPidFile=$site/slurmctld.pid
SlurmdPidFile=$site/slurmd.pid
SlurmctldLogFile=$site/slurmctld.log
SlurmdLogFile=$site/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,sched_min_interval=0
ReturnToService=2
KillWait=20
MinJobAge=${SLURM_SITE_MIN_JOB_AGE:-300}
InactiveLimit=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
RequeueExit=
SlurmdParameters=config_overrides
MailProg=/bin/true
NodeName=$host NodeAddr=127.0.0.1 CPUs=$slurm_cpus RealMemory=1000 State=UNKNOWN
PartitionName=low Nodes=$host Default=YES MaxTime=INFINITE State=UP PriorityTier=1 OverSubscribe=FORCE:1
PartitionName=high Nodes=$host MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF OverSubscribe=FORCE:1
CONF
  sed -i '/^RequeueExit=$/d' "$site/slurm.conf"
  printf 'CgroupAutomount=no\n' >"$site/cgroup.conf"
}

start_munge() {
  mkdir -p "$site/munge"
  chmod 700 "$site/munge"
  head -c 1024 /dev/urandom >"$site/munge/key"
  chmod 400 "$site/munge/key"
  chmod 711 "$site/munge"
  munged --force --key-file="$site/munge/key" --socket="$site/munge/socket" --pid-file="$site/munge/pid" \
    --log-file="$site/munge/log" --seed-file="$site/munge/seed" >>"$site/munge/out" 2>&1 ||
    die "munged does not start: $(tail -n 3 "$site/munge/out")"
}

start_slurmctld() { slurmctld -f "$site/slurm.conf" "$@" >>"$site/ctld.out" 2>&1 || die "slurmctld does not start"; }
stop_slurmctld() {
  local pid
  pid="$(cat "$site/slurmctld.pid")"
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
}

start_slurm() {
  site="$(mktemp -d /tmp/slurm-site.XXXXXX)"
  chmod 755 "$site"
  export SLURM_CONF="$site/slurm.conf"
  trap 'stop_slurm; rm -rf "$work"' EXIT
  mkdir -p "$site/state" "$site/spool"
  write_slurm_conf
  start_munge
  start_slurmctld -c
  slurmd -f "$site/slurm.conf" >>"$site/slurmd.out" 2>&1 || die "slurmd does not start: $(cat "$site/slurmd.out")"
  for _ in $(seq 100); do
    [ "$(sinfo -h -o %T -p low 2>/dev/null)" = idle ] && return 0
    sleep 0.1
  done
  die "the test Slurm has no idle node: $(sinfo 2>&1; tail -n 3 "$site/slurmctld.log" "$site/slurmd.log")"
}

stop_slurm() {
  [ -n "${site:-}" ] || return 0
  local file
  scancel --user=root >/dev/null 2>&1 || true
  for file in slurmd.pid slurmctld.pid munge/pid; do
    [ ! -s "$site/$file" ] || kill "$(cat "$site/$file")" 2>/dev/null || true
  done
  sleep 0.5
  rm -rf "$site"
}
