// sinkmoe completion: prints a script with which a shell completes command lines of sinkmoe. The
// script asks the program itself ("sinkmoe __complete WORD...") at every Tab, so it never ages.
#include <iostream>

#include "cli/command.h"
#include "cli/completion/candidates.h"
#include "core/text/utf8.h"

namespace sinkmoe::cli {

namespace {

// Bash splits words at '=' and ':', and replaces only what follows.
constexpr const char* kBash = R"sh(_sinkmoe() {
  local program line="${COMP_LINE:0:COMP_POINT}" word prefix= candidate
  local -a words
  program="$(type -P -- "${1/#\~\//$HOME/}")" || return
  read -ra words <<<"$line"
  case "$line" in *[[:space:]]) words+=("") ;; esac
  words=("${words[@]//[\"\']/}")
  word="${words[${#words[@]} - 1]}"
  case "$word" in *[=:]*) prefix="${word%"${word##*[=:]}"}" ;; esac
  COMPREPLY=()
  while IFS=$'\t' read -r candidate _; do
    COMPREPLY+=("${candidate#"$prefix"}")
  done < <("$program" __complete "${words[@]:1}" 2>/dev/null)
  case "${#COMPREPLY[@]},${COMPREPLY[0]-}" in 1,*=) compopt -o nospace ;; esac
}
complete -o default -F _sinkmoe sinkmoe
)sh";

constexpr const char* kZsh = R"sh(#compdef sinkmoe
_sinkmoe() {
  local program=${(Q)words[1]} line text item
  program=${program/#\~\//$HOME/}
  [[ $program == */* ]] || program=${commands[$program]}
  local -a lines plain keys
  lines=("${(@f)$("$program" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "${lines[@]}"; do
    [[ -n $line ]] || continue
    text=${line%%$'\t'*}
    item=${text//:/\\:}
    [[ $line == *$'\t'?* ]] && item+=:${line#*$'\t'}
    if [[ $text == *= ]]; then keys+=("$item"); else plain+=("$item"); fi
  done
  (( $#keys + $#plain )) || { _files; return }
  (( $#keys )) && _describe sinkmoe keys -S ''
  (( $#plain )) && _describe sinkmoe plain
  return 0
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef _sinkmoe sinkmoe
)sh";

constexpr const char* kFish = R"sh(function __sinkmoe_complete
  set -l words (commandline -opc)
  set -l word (commandline -ct)
  set -l program (command -v $words[1]); or return
  set -l found ($program __complete $words[2..-1] $word 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\n' $found
  else
    __fish_complete_path $word
  end
end
complete -c sinkmoe -f -a '(__sinkmoe_complete)'
)sh";

int run_completion(const Globals&, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("shell", po::value<std::vector<std::string>>(), "bash, zsh or fish");
  const auto values = parse(self("completion"), options, "shell", args);
  if (!values) return 0;
  std::vector<std::string> words;
  if (values->count("shell")) words = (*values)["shell"].as<std::vector<std::string>>();
  const std::string shell = words.size() == 1 ? words[0] : "";
  if (shell == "bash")
    std::cout << kBash;
  else if (shell == "zsh")
    std::cout << kZsh;
  else if (shell == "fish")
    std::cout << kFish;
  else
    throw Error(shell.empty() ? "no shell given" : "no completion for '" + shell + "'",
                "sinkmoe completion", "give bash, zsh or fish");
  return 0;
}

int complete(const Globals&, const std::vector<std::string>& words) {
  for (const Candidate& c : candidates(words)) {
    std::cout << one_line(c.text);
    if (!c.help.empty()) std::cout << '\t' << one_line(c.help);
    std::cout << '\n';
  }
  return 0;
}

const Registration<Command> completion_command{
    {.name = "completion",
     .help = "print a script for Tab completion in bash, zsh or fish",
     .usage = "bash | zsh | fish",
     .run = run_completion,
     .examples = "  eval \"$(build/sinkmoe completion bash)\"     # put the line into ~/.bashrc\n"
                 "  eval \"$(build/sinkmoe completion zsh)\"      # ~/.zshrc\n"
                 "  build/sinkmoe completion fish | source      # ~/.config/fish/config.fish\n"}};

const Registration<Command> complete_command{{.name = "__complete",
                                              .help = "candidates for the last word",
                                              .usage = "WORD...",
                                              .run = complete,
                                              .hidden = true,
                                              .raw = true}};

}  // namespace

}  // namespace sinkmoe::cli
