#!/bin/sh
# Make the virtual environment that the Makefile's commands run in; do nothing when it is up to date.
# usage: scripts/setup.sh [dev]
set -u
cd "$(dirname "$0")/.." || exit 1
mode=${1:-run}
python=${PYTHON:-python3}
need_kb=4000000

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

installed_mark=.venv/.installed-$mode
wanted=$(cat pyproject.toml constraints.txt scripts/setup.sh | cksum)

if [ ! -x .venv/bin/python ] || [ ! -f "$installed_mark" ] || [ "$(cat "$installed_mark")" != "$wanted" ]; then
    command -v "$python" >/dev/null 2>&1 ||
        fail "Python n'est pas installé : installez Python 3.11 ou plus récent (Debian, Ubuntu : sudo apt install python3 python3-venv)."
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "Python 3.11 ou plus récent est nécessaire ; « $python » est plus ancien. Indiquez-en un autre : make serve PYTHON=python3.12"
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "Il manque le module venv de Python : installez-le (Debian, Ubuntu : sudo apt install python3-venv)."
    if [ ! -d .venv ]; then
        free_kb=$(df -Pk . | awk 'NR == 2 { print $4 }')
        [ "$free_kb" -ge "$need_kb" ] ||
            fail "Il faut environ 4 Go libres sur ce disque pour installer l'assistant ; il en reste $((free_kb / 1000000)) Go."
    fi
    printf '%s\n' "Installation des composants (quelques minutes la première fois)…"
    [ -x .venv/bin/python ] || "$python" -m venv .venv || fail "L'environnement Python n'a pas pu être créé dans .venv."
    extra=""
    [ "$mode" = dev ] && extra="[dev]"
    PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 \
        .venv/bin/python -m pip install --quiet --editable ".$extra" ||
        fail "L'installation a échoué : vérifiez l'accès au dépôt de paquets Python et la place sur le disque, puis relancez la commande."
    printf '%s' "$wanted" >"$installed_mark"
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
    printf '%s\n' "Tests du navigateur : installez le paquet « chromium » (ils sont laissés de côté d'ici là). / Browser tests: install the package \"chromium\" (skipped until then)."
