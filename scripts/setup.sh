#!/bin/sh
# Make the virtual environment that the Makefile's commands run in; do nothing when it is up to date.
# usage: scripts/setup.sh [dev]
# PYTHON            the Python to use; without it, the first of python3, python3.14 … python3.11 that will do
# RA_TORCH_INDEX    where PyTorch without CUDA is asked for, when the package index in use offers only the one
#                   with CUDA and this machine has no NVIDIA card; empty: nowhere
set -u
cd "$(dirname "$0")/.." || exit 1
mode=${1:-run}
need_kb=4000000
need_cuda_kb=9000000
torch_index=${RA_TORCH_INDEX-https://download.pytorch.org/whl/cpu}

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

is_recent() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" >/dev/null 2>&1 ||
            fail "« ${PYTHON} » est introuvable : indiquez un Python 3.11 ou plus récent, par exemple « PYTHON=python3.12 make serve »."
        is_recent "$PYTHON" ||
            fail "Python 3.11 ou plus récent est nécessaire ; « ${PYTHON} » est plus ancien. Indiquez-en un autre : « PYTHON=python3.12 make serve »."
        printf '%s' "$PYTHON"
        return
    fi
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v $name >/dev/null 2>&1 && is_recent $name; then
            printf '%s' $name
            return
        fi
    done
    fail "Python 3.11 ou plus récent n’est pas installé : installez-le (Debian, Ubuntu : « sudo apt install python3 python3-venv »)."
}

need_space() {
    free_kb=$(df -Pk . | awk 'NR == 2 { print $4 }')
    [ "$free_kb" -ge "$1" ] ||
        fail "Il faut environ $(($1 / 1000000)) Go libres sur ce disque pour installer l’assistant ; il en reste $((free_kb / 1000000)) Go."
}

pip() {
    PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip "$@"
}

# The pinned PyTorch, without the 5 GB of CUDA that nothing here uses. The index in use is asked first; only
# if what it offers comes with CUDA, and no card is there for it, is PyTorch's own index asked.
install_torch() {
    torch=$(grep '^torch==' constraints.txt)
    pip install --quiet --dry-run --report - "$torch" 2>/dev/null | grep -Eq '"name": *"(nvidia|cuda)-' || return 0
    command -v nvidia-smi >/dev/null 2>&1 && need_space $need_cuda_kb && return 0
    if [ -n "$torch_index" ]; then
        pip install --quiet --no-deps --index-url "$torch_index" "$torch" >/dev/null 2>&1 && return 0
        printf '%s\n' "PyTorch sans CUDA n’a pas été trouvé sur ${torch_index} : la version avec CUDA est installée, bien plus lourde (RA_TORCH_INDEX indique une autre adresse)."
    fi
    need_space $need_cuda_kb
}

wanted=$(cat pyproject.toml constraints.txt scripts/setup.sh | cksum)
is_installed() {
    [ -f ".venv/.installed-$1" ] && [ "$(cat ".venv/.installed-$1")" = "$wanted" ]
}

if ! .venv/bin/python -c '' 2>/dev/null || ! { is_installed dev || is_installed "$mode"; }; then
    python=$(find_python) || exit 1
    # An environment cut off while it was made, or whose Python has gone, is made anew.
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        "$python" -c 'import ensurepip, venv' 2>/dev/null ||
            fail "Il manque le module venv de Python : installez-le (Debian, Ubuntu : « sudo apt install python3-venv »)."
        need_space $need_kb
        "$python" -m venv --clear .venv || fail "L’environnement Python n’a pas pu être créé dans .venv : vérifiez la place et les droits sur ce dossier."
    fi
    printf '%s\n' "Installation des composants (quelques minutes la première fois)…"
    install_torch || exit 1
    extra=""
    [ "$mode" = dev ] && extra="[dev]"
    pip install --quiet --editable ".$extra" ||
        fail "L’installation a échoué : vérifiez l’accès au dépôt de paquets Python et la place sur le disque, puis relancez la commande."
    printf '%s' "$wanted" >".venv/.installed-$mode"
fi

[ "$mode" = dev ] || exit 0
for name in chromium chromium-browser google-chrome; do
    command -v $name >/dev/null 2>&1 && exit 0
done
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
if command -v apt-get >/dev/null 2>&1 && $as_root true 2>/dev/null; then
    printf '%s\n' "Installation de Chromium pour les tests du navigateur…"
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null 2>&1 ||
        { $as_root apt-get update -qq >/dev/null 2>&1 &&
            $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null 2>&1; }
fi
command -v chromium >/dev/null 2>&1 ||
    printf '%s\n' "Tests du navigateur : installez le paquet « chromium » (ils sont laissés de côté d’ici là). / Browser tests: install the package \"chromium\" (skipped until then)."
