// berth completion: scripts for the command-line completion of shells.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/command.h"
#include "cli/completions.h"

namespace berth {

namespace {

// clang-format off: shell scripts
// Each script asks the program itself, so that names of files and of numbers are current. A line of the answer is a
// word, a tab and its description; the first line may ask for files or folders. A word that ends in `.`, `,` or `=` is
// unfinished.
constexpr std::string_view kBashScript = R"shell(# Completion of berth for bash: eval "$(berth completion bash)"
_berth() {
    local IFS=$'\n' line word cur=${COMP_WORDS[COMP_CWORD]} files=
    COMPREPLY=()
    [[ $cur == = ]] && cur=
    while read -r line; do
        word=${line%%$'\t'*}
        case $word in
            :files) files=-f ;;
            :folders) files=-d ;;
            *) COMPREPLY+=("$word") ;;
        esac
    done < <("${COMP_WORDS[0]}" completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    if [[ -n $files && ${#COMPREPLY[@]} -eq 0 ]]; then
        compopt -o filenames
        COMPREPLY=($(compgen $files -- "$cur"))
    elif [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[.,=] ]]; then
        compopt -o nospace
    fi
}
complete -F _berth berth
)shell";

constexpr std::string_view kZshScript = R"shell(#compdef berth
# Completion of berth for zsh: put it into a folder of $fpath as _berth, or eval "$(berth completion zsh)".
_berth() {
    local line word files=
    local -a whole open
    while read -r line; do
        word=${line%%$'\t'*}
        case $word in
            :files) files=_files ;;
            :folders) files='_files -/' ;;
            *[.,=]) open+=("$word") ;;
            *) whole+=("$word") ;;
        esac
    done < <($words[1] completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)
    (( $#whole )) && compadd -- $whole
    (( $#open )) && compadd -S '' -- $open
    [[ -n $files ]] && ${=files}
    return 0
}
if [[ $funcstack[1] == _berth ]]; then
    _berth "$@"
else
    compdef _berth berth
fi
)shell";

constexpr std::string_view kFishScript = R"shell(# Completion of berth for fish: berth completion fish | source
function __berth_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] completion words -- $words[2..-1] 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path (commandline -ct)
            case :folders
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end
complete -c berth -f -a '(__berth_complete)'
)shell";

// clang-format on

struct ShellScript {
    std::string_view name, value;
};
constexpr std::array<ShellScript, 3> kShells{{{"bash", kBashScript}, {"zsh", kZshScript}, {"fish", kFishScript}}};
constexpr std::string_view kWords = "words";  // argument by which the scripts request words

std::string lines_of(const Completions& found) {
    std::string lines = found.files == ShellFiles::kFiles     ? ":files\n"
                        : found.files == ShellFiles::kFolders ? ":folders\n"
                                                              : "";
    for (const Completion& one : found.words) {
        lines += one.word + (one.meaning.empty() ? "" : "\t" + one.meaning) + "\n";
    }
    return lines;
}

struct CompletionOptions {
    std::string shell;
    std::vector<std::string> words;
};

std::string completion(const CompletionOptions& options, CLI::App& app, const Library& library) {
    if (options.shell == kWords) {
        return lines_of(completions(app, library, options.words));
    }
    return std::string(*choice_in_any_case(kShells, options.shell));
}

}  // namespace

void add_completion(CLI::App& app, Invocation& invocation) {
    const auto options = std::make_shared<CompletionOptions>();
    CLI::App* command = app.add_subcommand("completion", "Prints a script by which a shell completes command lines");
    std::vector<std::string> shells = choice_names(kShells);
    const std::string listed = list_of(shells);
    shells.emplace_back(kWords);
    add_value(*command, "shell", options->shell, "SHELL", "The shell: " + listed)
        ->required()
        ->check(CLI::IsMember(shells, CLI::ignore_case).description(""));
    add_value(*command, "words", options->words, "WORD...",
              "With `words` in place of a shell: those typed so far, behind --");
    command->footer(
        "Examples:\n"
        "  berth completion bash\n"
        "  berth completion words -- run rag");
    command->callback([options, &app, &invocation] {
        invocation.status = answer(completion(*options, app, invocation.library), Diagnostics());
    });
}

}  // namespace berth
