# bash completion for genvm-modules, genvm-llm and genvm-web. Written by scripts/cli_pages.py from --help.
_genvm_modules() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} path=${COMP_WORDS[0]##*/} words word
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
      'genvm-modules attach-executor' | 'genvm-modules audit' | 'genvm-modules audit show' | 'genvm-modules audit verify' | 'genvm-modules call' | 'genvm-modules call prompt' | 'genvm-modules call raw' | 'genvm-modules call render' | 'genvm-modules call request' | 'genvm-modules call template' | 'genvm-modules check-config' | 'genvm-modules diff' | 'genvm-modules doctor' | 'genvm-modules explain' | 'genvm-modules explain-url' | 'genvm-modules forget' | 'genvm-modules greybox' | 'genvm-modules greybox preview' | 'genvm-modules guard' | 'genvm-modules guard test' | 'genvm-modules init' | 'genvm-modules ledger' | 'genvm-modules ledger verify' | 'genvm-modules llm' | 'genvm-modules llm-check' | 'genvm-modules manager' | 'genvm-modules reload' | 'genvm-modules render-service' | 'genvm-modules replay' | 'genvm-modules script' | 'genvm-modules script lint' | 'genvm-modules script test' | 'genvm-modules sign' | 'genvm-modules top' | 'genvm-modules usage' | 'genvm-modules verify' | 'genvm-modules web') path="$path $word" ;;
    esac
  done
  case "$path $previous" in
    "genvm-llm --log-format") COMPREPLY=($(compgen -W 'pretty json' -- "$current")); return ;;
    "genvm-llm --sandbox") COMPREPLY=($(compgen -W 'strict best-effort off' -- "$current")); return ;;
    "genvm-modules call render --mode") COMPREPLY=($(compgen -W 'text html screenshot' -- "$current")); return ;;
    "genvm-modules call --generation") COMPREPLY=($(compgen -W 'a b c' -- "$current")); return ;;
    "genvm-modules diff --module") COMPREPLY=($(compgen -W 'llm web' -- "$current")); return ;;
    "genvm-modules guard test --stage") COMPREPLY=($(compgen -W 'input output page' -- "$current")); return ;;
    "genvm-modules init --provider") COMPREPLY=($(compgen -W 'openai-compatible anthropic google ollama' -- "$current")); return ;;
    "genvm-modules llm --log-format") COMPREPLY=($(compgen -W 'pretty json' -- "$current")); return ;;
    "genvm-modules llm --sandbox") COMPREPLY=($(compgen -W 'strict best-effort off' -- "$current")); return ;;
    "genvm-modules llm-check --provider") COMPREPLY=($(compgen -W 'openai-compatible ollama anthropic google' -- "$current")); return ;;
    "genvm-modules manager --log-format") COMPREPLY=($(compgen -W 'pretty json' -- "$current")); return ;;
    "genvm-modules manager --log-level") COMPREPLY=($(compgen -W 'trace debug info warn error' -- "$current")); return ;;
    "genvm-modules reload --module") COMPREPLY=($(compgen -W 'llm web' -- "$current")); return ;;
    "genvm-modules render-service --log-format") COMPREPLY=($(compgen -W 'pretty json' -- "$current")); return ;;
    "genvm-modules render-service --sandbox") COMPREPLY=($(compgen -W 'strict best-effort off' -- "$current")); return ;;
    "genvm-modules script lint --module") COMPREPLY=($(compgen -W 'llm web' -- "$current")); return ;;
    "genvm-modules sign --digest") COMPREPLY=($(compgen -W 'sha-256 sha-512' -- "$current")); return ;;
    "genvm-modules web --log-format") COMPREPLY=($(compgen -W 'pretty json' -- "$current")); return ;;
    "genvm-modules web --sandbox") COMPREPLY=($(compgen -W 'strict best-effort off' -- "$current")); return ;;
    "genvm-web --log-format") COMPREPLY=($(compgen -W 'pretty json' -- "$current")); return ;;
    "genvm-web --sandbox") COMPREPLY=($(compgen -W 'strict best-effort off' -- "$current")); return ;;
  esac
  case "$previous" in
    --ca | --certificate | --config | --image | --out | --token-file) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  case "$path" in
    'genvm-modules') words='--help --version llm web render-service manager reload diff attach-executor doctor init llm-check check-config call explain-url guard greybox script sign verify usage ledger audit forget explain replay top' ;;
    'genvm-modules llm') words='--help --config --die-with-parent --log-format --allow-empty-backends --sandbox' ;;
    'genvm-modules web') words='--help --config --die-with-parent --log-format --sandbox' ;;
    'genvm-modules render-service') words='--help --config --die-with-parent --log-format --sandbox --bind' ;;
    'genvm-modules manager') words='--help --host --port --socket --die-with-parent --executions --config --manifest-path --token-file --admin-address --admin-token-file --drain --log-level --log-format' ;;
    'genvm-modules reload') words='--help --module --pid --folder --json' ;;
    'genvm-modules diff') words='--help --module --pid --folder --json' ;;
    'genvm-modules attach-executor') words='--help --manager --llm --web' ;;
    'genvm-modules doctor') words='--help --genvm-root --config --offline --json' ;;
    'genvm-modules init') words='--help --out --provider --host --model --key-env --data-dir --port --yes --force --try' ;;
    'genvm-modules llm-check') words='--help --config --backend --host --model --provider --key --timeout --base-path --json --image' ;;
    'genvm-modules check-config') words='--help --strict' ;;
    'genvm-modules call') words='--help --timeout --repeat --concurrency --generation --host-data --token --ca --certificate --key prompt template raw request render' ;;
    'genvm-modules call prompt') words='--help --json --image --fuel' ;;
    'genvm-modules call template') words='--help --leader --validator --principle --task --criteria --input --output --fuel' ;;
    'genvm-modules call raw') words='--help --tagged' ;;
    'genvm-modules call request') words='--help --header --body --sign --out' ;;
    'genvm-modules call render') words='--help --mode --wait --out' ;;
    'genvm-modules explain-url') words='--help --config --resolve --dns' ;;
    'genvm-modules guard') words='--help test' ;;
    'genvm-modules guard test') words='--help --config --stage --system' ;;
    'genvm-modules greybox') words='--help preview' ;;
    'genvm-modules greybox preview') words='--help --config --kind --draws --seed --json' ;;
    'genvm-modules script') words='--help lint test' ;;
    'genvm-modules script lint') words='--help --module --config' ;;
    'genvm-modules script test') words='--help --config --timeout' ;;
    'genvm-modules sign') words='--help --url --method --header --body --scheme --request --structured --algorithm --component --label --created --expires --keyid --nonce --tag --alg --digest --show-base --headers-only --key-file --key-env' ;;
    'genvm-modules verify') words='--help --url --method --header --body --scheme --request --structured --algorithm --label --keyid --require --require-parameter --max-age --tolerance --now --require-digest --show-base --key-file --key-env' ;;
    'genvm-modules usage') words='--help --config --by --json' ;;
    'genvm-modules ledger') words='--help verify' ;;
    'genvm-modules ledger verify') words='--help --config' ;;
    'genvm-modules audit') words='--help verify show' ;;
    'genvm-modules audit verify') words='--help --config --path --anchors' ;;
    'genvm-modules audit show') words='--help --config --path --tx --since --json --texts' ;;
    'genvm-modules forget') words='--help --tx --config' ;;
    'genvm-modules explain') words='--help --config --json' ;;
    'genvm-modules replay') words='--help --config' ;;
    'genvm-modules top') words='--help --url --token --interval --once --json' ;;
    'genvm-llm') words='--help --config --die-with-parent --log-format --allow-empty-backends --sandbox --version' ;;
    'genvm-web') words='--help --config --die-with-parent --log-format --sandbox --version' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _genvm_modules genvm-modules genvm-llm genvm-web
