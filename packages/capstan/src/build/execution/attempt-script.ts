/**
 * What stands between the executor and a command: constant text for a POSIX shell, started as the leader of its own session. All that varies comes as arguments.
 * `sh -c TEXT capstan-attempt EXIT_PATH TIMEOUT_S|none GRACE_S COMMAND…`
 *
 * Notes beside EXIT_PATH: `.claim` (folder: this attempt was started once), `.pid` (pid, its start time, boot), `.timed-out`. EXIT_PATH itself, last and by rename,
 * is `{"code":N,"timedOut":B,"cpu":"user system of children as the shell's times prints them"}`.
 * It needs no controller: it enforces the time limit, notes the exit, and at last ends whatever the command left running in its group.
 */
export const attemptScript = String.raw`
exit_path=$1 limit_s=$2 grace_s=$3
shift 3
mkdir "$exit_path.claim" 2>/dev/null || exit 0
started=- boot=-
start_time() { shift 19; started=$1; }
if [ -r /proc/$$/stat ]; then
  read -r stat </proc/$$/stat
  start_time $(printf '%s' "$stat" | sed 's/^.*) //')
  read -r boot </proc/sys/kernel/random/boot_id
fi
# Written over at the end, so that a command that fills the disk cannot take the place of its own exit.
printf '%200s\n' '' >"$exit_path.exit.tmp" &&
printf '%s %s %s\n' "$$" "$started" "$boot" >"$exit_path.pid.tmp" && mv "$exit_path.pid.tmp" "$exit_path.pid" || exit 74

note() {
  printf '{"code":%s,"timedOut":%s,"cpu":"%s"}\n' "$1" "$2" "$3" 1<>"$exit_path.$4.tmp" && mv "$exit_path.$4.tmp" "$exit_path"
}

# The command is asked to end by a signal to the group; this shell must outlive it to note the exit.
trap : TERM INT HUP
"$@" &
command=$!

watch=
[ "$limit_s" = none ] || {
(
  trap '' TERM INT HUP
  sleeper=
  trap 'kill -9 $sleeper 2>/dev/null; exit 0' USR1
  sleep "$limit_s" & sleeper=$!
  wait $sleeper
  : >"$exit_path.timed-out"
  kill -TERM -$$
  sleep "$grace_s" & sleeper=$!
  wait $sleeper
  note 137 true "" watch
  kill -KILL -$$
) &
watch=$!
}

code=0
while :; do
  wait "$command"
  code=$?
  kill -0 "$command" 2>/dev/null || break
done
times >"$exit_path.times"
{ read -r own; read -r children; } <"$exit_path.times"
timed_out=false
[ -e "$exit_path.timed-out" ] && timed_out=true
[ -n "$watch" ] && kill -USR1 "$watch" 2>/dev/null
kill -TERM -$$ 2>/dev/null
note "$code" "$timed_out" "$children" exit
kill -KILL -$$
`;
