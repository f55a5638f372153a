# Rust's standard library for a target that Debian's packages lack. They have its source beside the compiler: it is built
# once per compiler and linked to where Debian puts the libraries of other targets, so that cargo needs no further flag.

debian_rust() { packages rustc-web cargo-web rust-web-src; }

# standard_library TARGET: Debian's Rust and the library are there afterwards.
standard_library() {
  debian_rust
  local triple=$1 place=/usr/lib/rustlib/$1 built
  # A package that brings the library is better than one of our own.
  if [ -e "$place" ] && [ ! -L "$place" ]; then return 0; fi
  # The link may be one of another lab, as long as its library fits the compiler.
  if [ -L "$place" ] && standard_library_fits "$triple"; then return 0; fi
  built=$state/standard-library-$triple-$(/usr/bin/rustc --version --verbose | sha256sum | cut -c1-12)
  [ -e "$built/complete" ] || build_standard_library "$triple" "$built"
  ln -sfn "$built" "$place" || fail "cannot link $place to $built"
}

# Whether this compiler takes the library: one made by another version is refused at the first use.
standard_library_fits() {
  printf 'fn main() {}\n' |
    /usr/bin/rustc --target "$1" --emit metadata --crate-name probe -o "$state/probe.rmeta" - 2>"$state/probe.log"
}

# build_standard_library TARGET FOLDER
build_standard_library() {
  local triple=$1 built=$2 work=$state/standard-library-build
  say "building the standard library for $triple (one to three minutes, once)"
  rm -rf "$work" "$state/standard-library-$triple"-*
  mkdir -p "$work/src" "$built/lib"
  : >"$work/src/lib.rs"
  # The override: a program that aborts on panic takes panic_abort only if it was built that way itself.
  cat >"$work/Cargo.toml" <<'MANIFEST'
cargo-features = ["profile-rustflags"]

[package]
name = "carrier"
version = "0.0.0"
edition = "2024"

[workspace]

[profile.release]
debug = "line-tables-only"

[profile.release.package.panic_abort]
rustflags = ["-Cpanic=abort"]
MANIFEST
  # Bitcode is needed by programs that are optimised at link time, as releases are. Paths of this machine would end up in
  # every program.
  (
    cd "$work"
    unset CARGO_TARGET_DIR CARGO_BUILD_TARGET RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CARGO_ENCODED_RUSTFLAGS RUSTUP_TOOLCHAIN
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Cembed-bitcode=yes --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo --remap-path-prefix=$work=std" \
      /usr/bin/cargo build --release --target "$triple" --target-dir out \
      -Zbuild-std=std,panic_unwind,panic_abort,test,proc_macro
  ) >"$state/standard-library.log" 2>&1 || {
    tail -n 30 "$state/standard-library.log" >&2
    fail "the standard library did not build; the whole log: $state/standard-library.log"
  }
  cp "$work/out/$triple/release/deps"/lib*.rlib "$built/lib/"
  rm -f "$built"/lib/libcarrier-*.rlib
  rm -rf "$work"
  touch "$built/complete"
}
