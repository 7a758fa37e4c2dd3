#!/usr/bin/env bash
# Run the pipeline on mnist-5k at two commits, and print their comparison as Markdown.
# Usage: .github/scripts/compare.sh BASE [PROPOSED]     (PROPOSED is HEAD if it is not given)
set -euo pipefail

base=$(git rev-parse --verify --quiet "${1:?usage: compare.sh BASE [PROPOSED]}^{commit}") ||
  { echo "compare.sh: $1 is not a commit" >&2; exit 2; }
proposed=$(git rev-parse --verify --quiet "${2:-HEAD}^{commit}") ||
  { echo "compare.sh: $2 is not a commit" >&2; exit 2; }

# A clone of its own: neither the working tree nor the branches of this one change.
clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
git clone --quiet --shared --no-checkout . "$clone"
cd "$clone"
git config user.name compare
git config user.email compare@localhost

run_at() {  # NAME COMMIT
  git checkout --quiet -b "result-$1" "$2"
  sed -i.original 's/^dataset:.*/dataset: mnist-5k/' params.yaml
  rm params.yaml.original
  dvc repro evaluate >&2
  git add --all
  git commit --quiet --allow-empty --message "Results"
  git tag "$1"
}

run_at base "$base"
run_at proposed "$proposed"
python -m stages.compare base proposed --markdown
