// Runs the programs, and turns what they say into diagnostics.
#include "report/drawing_program.h"

#include "base/program.h"
#include "base/unnamed_file.h"

namespace berth {

namespace {

std::string reason(const ProgramEnd& end) { return end.err.empty() ? "it gave no reason" : end.err; }

}  // namespace

bool run_gnuplot(std::string_view script, Diagnostics& diagnostics) {
    // Labels are UTF-8 whatever the user's locale is; gnuplot would complain about a locale without a degree sign.
    const ProgramEnd end = run_program({"gnuplot", {"-d"}, {"LC_ALL=C.UTF-8"}, script});
    if (end.missing) {
        diagnostics.error({}, "the pictures need gnuplot, which is not on the PATH",
                          "an installed gnuplot, on Debian the package gnuplot-nox");
    } else if (!end.fine()) {
        diagnostics.error({}, "gnuplot stopped: " + reason(end));
    } else if (!end.err.empty()) {
        diagnostics.warning({}, "gnuplot: " + end.err);
    }
    return end.fine();
}

std::optional<std::string> printed(std::string_view html, Diagnostics& diagnostics) {
    const UnnamedFile pdf;
    // SOURCE_DATE_EPOCH fixes the date in embedded fonts, so that the bytes are reproducible.
    if (!pdf.is_open()) {
        diagnostics.warning({}, "WeasyPrint printed no PDF: there is no room for temporary files");
        return std::nullopt;
    }
    const ProgramEnd end =
        run_program({"weasyprint", {"-q", "-", pdf.path_for_child()}, {"SOURCE_DATE_EPOCH=0", "LC_ALL=C.UTF-8"}, html});
    std::string content = pdf.content();
    if (end.missing) {
        diagnostics.warning({}, "the page as PDF needs WeasyPrint, which is not on the PATH",
                            "an installed WeasyPrint, on Debian the package weasyprint");
    } else if (!end.fine() || content.empty()) {
        diagnostics.warning({}, "WeasyPrint printed no PDF: " + reason(end));
    } else {
        return content;
    }
    return std::nullopt;
}

}  // namespace berth
