#!/usr/bin/env bash
# Tests the TypeScript client: it is compiled, packed by npm, installed from that package elsewhere, and tested against the built
# modules (GVM_E2E_BIN, else build/release/bin or build/dev/bin). Exits with 77 when something is missing.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${GVM_CLIENTS_BUILD:-$root/build/clients}/typescript
skip() {
  echo "clients/typescript: skipped: $1"
  exit 77
}

if command -v node >/dev/null && command -v npm >/dev/null; then
  npm=(npm)
  node=node
elif [ -x "$root/build/node/node" ]; then
  node=$(readlink -f "$root/build/node/node")
  npm=("$node" "$(dirname "$node")/../lib/node_modules/npm/bin/npm-cli.js")
  PATH=$(dirname "$node"):$PATH
else
  skip "node and npm are not installed (scripts/setup-node.sh gets them)."
fi
"$node" -e 'process.exit(Number(process.versions.node.split(".")[0]) < 18 ? 1 : 0)' || skip "node is older than 18."

# A copy of the tree's part, because npm writes beside the sources; the tests find the project through GVM_ROOT.
mkdir -p "$build/source"
(cd "$root/clients/typescript" && tar -c --exclude=node_modules --exclude=dist .) | tar -x -C "$build/source"
cd "$build/source"
if ! cmp -s package.json "$build/installed.json" || [ ! -d node_modules ]; then
  timeout 300 "${npm[@]}" install --ignore-scripts --no-audit --no-fund --no-package-lock --fetch-retries=1 >"$build/setup.log" 2>&1 ||
    skip "the npm packages cannot be had (npm's own words are in $build/setup.log)."
  cp package.json "$build/installed.json"
fi
rm -rf dist ./*.tgz
package=$("${npm[@]}" pack --silent)
echo "clients/typescript: packed $package"

# What a user gets: the package alone, with its types.
user=$build/user
rm -rf "$user"
mkdir -p "$user/node_modules/genvm-modules-client"
tar -xzf "$package" -C "$user/node_modules/genvm-modules-client" --strip-components=1
ln -s "$build/source/node_modules/@types" "$user/node_modules/@types"
cat >"$user/use.ts" <<'TS'
import { Client, Hello, UserError, type Answer } from 'genvm-modules-client';
export async function ask(): Promise<string> {
  const client = new Client('ws://127.0.0.1:1', Hello.c({ genvmId: 1n }), { timeoutMs: 30_000, backoff: { attempts: 1 } });
  try {
    const answer: Answer<string> = await client.prompt('x', { images: [new Uint8Array(1)], fuel: 1n });
    return answer.data;
  } catch (error) {
    return error instanceof UserError ? error.code : (error as Error).name;
  } finally {
    client.close();
  }
}
console.log(await ask());
TS
echo '{"type": "module"}' >"$user/package.json"
"$node" node_modules/typescript/bin/tsc --strict --target es2022 --module nodenext --types node --outDir "$user/out" "$user/use.ts"
[ "$(cd "$user" && "$node" out/use.js)" = ConnectError ] || { echo "the installed package does not answer as it should"; exit 1; }

GVM_ROOT=$root exec "$node" --test test/*.test.mjs "$@"
