# Sourced by tools/demo.sh and tools/run_tests.sh: prepares an environment for mtcp_mm.
#
# Uses the active environment, or creates .venv in the root of the repository. Announces what it installs, keeps an
# installed torch and an installed OpenMMLab family, and pins the rest (requirements/constraints.txt). If mtcp_for_tests
# is set, also installs what the tests need. A stamp file in the environment lets later calls skip all this.
# MTCP_ALLOW_CUDA=1 lets pip install a CUDA build of torch (several GB) on a machine without a GPU.

mtcp_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Waiting threads must not occupy the cores of DataLoader workers and other programs: spinning made training on two busy
# cores three to five times slower.
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE}
# By default, glibc returns the memory of large tensors after each use and gets it back page by page, which takes a sixth
# of a training step on the CPU.
export MALLOC_MMAP_MAX_=${MALLOC_MMAP_MAX_:-0} MALLOC_TRIM_THRESHOLD_=${MALLOC_TRIM_THRESHOLD_:-17179869184}

mtcp_say() { echo "env.sh: $*" >&2; }

mtcp_has() { python -c "import importlib.util as u; raise SystemExit(u.find_spec('$1') is None)"; }

mtcp_pip() { python -m pip --disable-pip-version-check install --quiet "$@"; }

mtcp_activate() {
    [ -z "${VIRTUAL_ENV:-}${CONDA_PREFIX:-}" ] || return 0
    if [ ! -f "$mtcp_root/.venv/bin/activate" ]; then
        python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' || {
            mtcp_say "Python 3.10 or newer is needed, but python3 is $(python3 --version 2>&1)."
            return 1
        }
        mtcp_say "no environment is active: creating .venv in the root of the repository"
        python3 -m venv "$mtcp_root/.venv" || return 1
    fi
    . "$mtcp_root/.venv/bin/activate"
}

# Refuses an unwanted CUDA build. Asks pip what it would install.
mtcp_check_torch() {
    local plan
    [ -z "${MTCP_ALLOW_CUDA:-}" ] && ! command -v nvidia-smi >/dev/null || return 0
    plan=$(python -m pip --disable-pip-version-check install --dry-run "$1" 2>/dev/null)
    case $plan in
    *'Would install'*' nvidia-'*)
        mtcp_say "pip would install the CUDA build of $1 (several GB), but there is no GPU." \
            'Install a CPU build into the environment first (". .venv/bin/activate", then the' \
            "command of PyTorch's install page), or set MTCP_ALLOW_CUDA=1; then call this again."
        return 1
        ;;
    esac
}

mtcp_install_torch() {
    local torch
    if mtcp_has torch; then
        mtcp_say 'keeping the installed torch'
        return 0
    fi
    torch=$(grep '^torch==' "$mtcp_root/requirements/constraints.txt")
    mtcp_check_torch "$torch" || return 1
    mtcp_say "installing $torch (CPU build: about 190 MB, with a GPU several GB)"
    mtcp_pip "$torch" # alone and exact: a looser range could take another build
}

# Prints the requirement files to install, as options of pip. The original distributions have other names.
mtcp_requirements() {
    local names=(runtime ${mtcp_for_tests:+tests})
    if python -c 'from importlib.metadata import version; version("mmsegmentation")' 2>/dev/null; then
        mtcp_say 'keeping the installed OpenMMLab family (original distributions)'
    else
        names+=(mminstall ${mtcp_for_tests:+optional})
    fi
    printf -- '-r %s.txt ' "${names[@]}"
}

# Only .venv gets a torchvision that may not match its torch: in other environments, other software may need it.
mtcp_wants_torchvision() {
    [ -n "${mtcp_for_tests:-}" ] && [ "${VIRTUAL_ENV:-}" = "$mtcp_root/.venv" ] && ! mtcp_has torchvision
}

mtcp_install_packages() (
    cd "$mtcp_root/requirements" || return 1
    files=$(mtcp_requirements)
    mtcp_say 'installing, where missing, the OpenMMLab family, OpenCV, SciPy, TensorBoard, an' \
        'ImageNet encoder, ... (about 355 MB, two minutes; in all 2.0 GB on disk)'
    [ -z "${mtcp_for_tests:-}" ] || mtcp_say 'and pytest, ruff, transformers, gradio, ... (about 130 MB; 0.6 GB on disk)'
    # $files is a list of words.
    # shellcheck disable=SC2086
    mtcp_pip -c constraints.txt $files || return 1
    mtcp_wants_torchvision && { mtcp_pip --no-deps -r tests-no-deps.txt || return 1; }
    mtcp_pip --no-deps -e "$mtcp_root"
)

mtcp_environment() {
    local prefix stamp key
    mtcp_activate || return 1
    prefix=${VIRTUAL_ENV:-$CONDA_PREFIX}
    stamp=$prefix/.mtcp_mm_installed${mtcp_for_tests:+_for_tests}
    key="$mtcp_root $(cat "$mtcp_root"/requirements/*.txt "$mtcp_root/setup.py" | cksum)"
    [ "$(cat "$stamp" 2>/dev/null)" != "$key" ] || return 0
    mtcp_say "installing missing packages into $prefix"
    mtcp_install_torch && mtcp_install_packages && echo "$key" >"$stamp"
}

mtcp_environment || {
    mtcp_say 'the environment is not ready; see the message above.'
    return 1
}
