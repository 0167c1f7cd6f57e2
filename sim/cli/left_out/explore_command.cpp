// berth explore in a build without an HTTP server: it says so, and how to have it.
#include "cli/command.h"

namespace berth {

void add_explore(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand(
        "explore", "Serves a page on this machine whose sliders change a scenario (left out of this build)");
    command->allow_extras();  // whatever was asked, the answer is this one
    command->footer("This build has no HTTP server. ./dev build makes the whole command, build/release/berth.");
    command->callback([&invocation] {
        Diagnostics diagnostics;
        diagnostics.error(SourceLocation("berth explore"),
                          "this program was built without an HTTP server (BERTH_EXPLORE=OFF)",
                          "the whole command: ./dev build makes it, build/release/berth");
        invocation.status = answer(std::nullopt, diagnostics);
    });
}

}  // namespace berth
