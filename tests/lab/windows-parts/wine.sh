# The Windows that programs meet: a Wine prefix that calls itself Windows Server 2022.

wine_prefix() {
  packages wine wine64 gcc-mingw-w64-x86-64-win32
  local prefix=$state/prefix
  write_wine_run "$prefix"
  [ ! -e "$prefix/complete" ] || return 0
  say "making the Wine prefix $prefix"
  rm -rf "$prefix"
  (
    # Without a display no window can open, and none is waited for.
    unset DISPLAY WAYLAND_DISPLAY
    wine_step wineboot --init
    [ -d "$prefix/drive_c/windows/system32" ] || fail "Wine made no prefix: see $state/wine.log"
    add_random_numbers "$prefix"
    wine_step winecfg /v win10
    server_registry >"$state/server.reg"
    wine_step regedit /S "$(windows_path "$state/server.reg")"
    WINEPREFIX=$prefix wineserver --wait
  )
  touch "$prefix/complete"
}

# Starts a Windows program in the prefix. /usr/bin/wine would complain about its missing 32-bit half each time.
write_wine_run() {
  cat >"$state/bin/wine-run" <<RUN
#!/bin/sh
export WINEPREFIX='$1' WINEDEBUG="\${WINEDEBUG:--all}" WINEDLLOVERRIDES="\${WINEDLLOVERRIDES:-mscoree,mshtml=}"
exec /usr/lib/wine/wine64 "\$@"
RUN
  chmod +x "$state/bin/wine-run"
}

wine_step() {
  "$state/bin/wine-run" "$@" >>"$state/wine.log" 2>&1 || say "'$1' failed: see $state/wine.log"
}

windows_path() { printf 'Z:%s' "$1" | tr / '\\'; }

# Wine 8 has no bcryptprimitives.dll, from which every Rust program takes its random numbers: without it the program ends
# before its first line, with code 53 and without a word.
add_random_numbers() {
  local library=$1/drive_c/windows/system32/bcryptprimitives.dll
  [ -e "$library" ] ||
    $compiler -O2 -s -shared -nostartfiles -o "$library" "$here/bcryptprimitives.c" -ladvapi32
}

# Version and kind of this Windows, and a console of 120 by 30 with the colours of today's Windows.
server_registry() {
  local size=$(((30 << 16) | 120)) number=0 colour
  cat <<'REGISTRY'
Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\Software\Microsoft\Windows NT\CurrentVersion]
"ProductName"="Windows Server 2022 Standard"
"CurrentBuild"="20348"
"CurrentBuildNumber"="20348"

[HKEY_LOCAL_MACHINE\System\CurrentControlSet\Control\ProductOptions]
"ProductType"="ServerNT"

[HKEY_CURRENT_USER\Console]
"FaceName"="DejaVu Sans Mono"
"FontSize"=dword:00100000
REGISTRY
  printf '"WindowSize"=dword:%08x\n"ScreenBufferSize"=dword:%08x\n' $size $size
  # Blue, green, red, from black to white.
  for colour in 0c0c0c da3700 0ea113 dd963a 1f0fc5 981788 009cc1 cccccc \
    767676 ff783b 0cc616 d6d661 5648e7 9e00b4 a5f1f9 f2f2f2; do
    printf '"ColorTable%02d"=dword:00%s\n' $number $colour
    number=$((number + 1))
  done
}

# Wine 8's console accepts terminal sequences and prints them as text. These two, on the way of a program to the
# console, obey them instead.
console_shim() {
  local sources=$here/console
  if [ "$state/bin/vtrun.exe" -nt "$sources/vtrun.c" ] && [ "$state/bin/vtshim.dll" -nt "$sources/vtshim.c" ]; then
    return 0
  fi
  packages gcc-mingw-w64-x86-64-win32
  $compiler -O2 -s -Wall -shared -o "$state/bin/vtshim.dll" "$sources/vtshim.c"
  $compiler -O2 -s -Wall -municode -o "$state/bin/vtrun.exe" "$sources/vtrun.c"
}
