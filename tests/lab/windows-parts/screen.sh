# A picture of a full-screen program in Wine's own console window, on a screen that exists in memory only.

# photograph PICTURE SECONDS "KEYS" PROGRAM ARGUMENTS
photograph() {
  local picture=$1 seconds=$2 keys=$3 key window
  shift 3
  # Programs that run in the prefix already have no screen, and the console would open beside them, without a window.
  WINEPREFIX=$state/prefix wineserver --kill 2>/dev/null || true
  WINEPREFIX=$state/prefix wineserver --wait 2>/dev/null || true
  start_screen
  trap end_screen EXIT
  "$state/bin/wine-run" wineconsole "$state/bin/vtrun.exe" "$@" >"$state/console.log" 2>&1 &
  console=$!
  window=$(console_window) || fail "no console window opened: did the program end at once?"
  sleep "$seconds"
  for key in $keys; do
    timeout 5 xdotool key --window "$window" "$key" 2>>"$state/console.log" || say "key '$key' was not sent"
    sleep 0.4
  done
  sleep 0.5
  timeout 10 import -window "$window" "$picture" || fail "no picture: is the console window gone?"
}

start_screen() {
  local number=$state/screen-number
  rm -f "$number"
  Xvfb -displayfd 3 -screen 0 1920x1200x24 -nolisten tcp 3>"$number" >/dev/null 2>&1 &
  screen=$!
  for _ in $(seq 100); do
    [ ! -s "$number" ] || break
    sleep 0.1
  done
  [ -s "$number" ] || fail "the screen in memory (Xvfb) did not start"
  DISPLAY=:$(cat "$number")
  export DISPLAY
}

# The window of Wine's console, within half a minute.
console_window() {
  local found
  for _ in $(seq 300); do
    found=$(xwininfo -root -tree 2>/dev/null | awk '/"conhost.exe"/ && !/Default IME/ { print $1; exit }')
    if [ -n "$found" ]; then
      printf '%s' "$found"
      return 0
    fi
    kill -0 "$console" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}

end_screen() {
  set +e
  [ -z "${console:-}" ] || kill "$console" 2>/dev/null
  WINEPREFIX=$state/prefix wineserver --kill 2>/dev/null
  kill "$screen" 2>/dev/null
  wait 2>/dev/null
}
