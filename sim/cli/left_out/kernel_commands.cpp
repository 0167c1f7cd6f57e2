// berth measure and berth profile-host in a build without kernels: they say so, and how to have them.
#include "cli/command.h"

namespace berth {

namespace {

void add_left_out(CLI::App& app, Invocation& invocation, const std::string& name, const std::string& purpose) {
    CLI::App* command = app.add_subcommand(name, purpose + " (left out of this build)");
    command->allow_extras();  // whatever was asked, the answer is this one
    command->footer("This build has no kernels. ./dev build makes the whole command, build/release/berth.");
    command->callback([name, &invocation] {
        Diagnostics diagnostics;
        diagnostics.error(SourceLocation("berth " + name), "this program was built without kernels (BERTH_KERNELS=OFF)",
                          "the whole command: ./dev build makes it, build/release/berth");
        invocation.status = answer(std::nullopt, diagnostics);
    });
}

}  // namespace

void add_measure(CLI::App& app, Invocation& invocation) {
    add_left_out(app, invocation, "measure", "Measures real kernels on this machine");
}

void add_profile_host(CLI::App& app, Invocation& invocation) {
    add_left_out(app, invocation, "profile-host", "Measures this machine and fits a profile to it");
}

}  // namespace berth
