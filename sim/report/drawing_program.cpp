// Starts the programs that draw and print, and reports what they say.
#include "report/drawing_program.h"

#include "base/shell_program.h"

namespace berth {

namespace {

std::string reason(const ProgramEnd& end) { return end.err.empty() ? "it gave no reason" : end.err; }

}  // namespace

bool run_gnuplot(std::string_view script, Diagnostics& diagnostics) {
    // Labels are UTF-8 whatever the user's locale is; gnuplot would complain about a locale without a degree sign.
    const auto end = run_program("LC_ALL=C.UTF-8 gnuplot -d", script);
    if (!end) {
        diagnostics.error({}, "the pictures need room for temporary files", "a folder for them in TMPDIR or /tmp");
    } else if (end->missing()) {
        diagnostics.error({}, "the pictures need gnuplot, which is not on the PATH",
                          "an installed gnuplot, on Debian the package gnuplot-nox");
    } else if (!end->fine()) {
        diagnostics.error({}, "gnuplot stopped: " + reason(*end));
    } else if (!end->err.empty()) {
        diagnostics.warning({}, "gnuplot: " + end->err);
    }
    return end && end->fine();
}

std::optional<std::string> printed(std::string_view html, Diagnostics& diagnostics) {
    // SOURCE_DATE_EPOCH fixes the date in embedded fonts, so that the bytes are reproducible.
    auto end = run_program("SOURCE_DATE_EPOCH=0 LC_ALL=C.UTF-8 weasyprint -q - -", html);
    if (end && end->missing()) {
        diagnostics.warning({}, "the page as PDF needs WeasyPrint, which is not on the PATH",
                            "an installed WeasyPrint, on Debian the package weasyprint");
    } else if (!end || !end->fine() || end->out.empty()) {
        diagnostics.warning({}, "WeasyPrint printed no PDF: " +
                                    (end ? reason(*end) : std::string("there is no room for temporary files")));
    } else {
        return std::move(end->out);
    }
    return std::nullopt;
}

}  // namespace berth
