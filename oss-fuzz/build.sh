#!/bin/bash -eu
# Compiles the targets and hands each to OSS-Fuzz, with its corpus and dictionary. `npm run fuzz:oss` tries this out with
# stand-ins for what the base image has.
cd "$SRC/hawser"
npm ci --no-audit --no-fund
npx tsc -p tsconfig.fuzz.json

for source in fuzz/*.fuzz.ts; do
  target=$(basename "$source" .fuzz.ts)
  # A target has the name of its module there.
  mv "build/fuzz/fuzz/$target.fuzz.js" "build/fuzz/fuzz/$target.js"
  # The same instrumentation as in scripts/fuzz-jazzer.mjs.
  compile_javascript_fuzzer hawser "build/fuzz/fuzz/$target.js" --sync \
    -i build/fuzz/src/ \
    -e build/fuzz/src/crypto/ -e build/fuzz/src/protocol/noise/hkdf -e build/fuzz/src/protocol/bytes
  zip -qj "$OUT/${target}_seed_corpus.zip" "fuzz/corpus/$target"/*
  if [ -f "fuzz/dictionaries/$target.dict" ]; then
    cp "fuzz/dictionaries/$target.dict" "$OUT/$target.dict"
  fi
  usual=$(node -e 'import(process.argv[1]).then(({ lengths }) => console.log(lengths.usual))' \
    "$PWD/build/fuzz/fuzz/$target.js")
  printf '[libfuzzer]\nmax_len = %s\n' "$usual" >"$OUT/$target.options"
done
