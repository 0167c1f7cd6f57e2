// A folder with everything about one result.
#include "berth/report/report.h"

#include <system_error>
#include <utility>
#include <vector>

#include "berth/base/atomic_file.h"
#include "berth/report/traffic_report.h"
#include "report/page/written_page.h"

namespace berth {

bool write_report(const std::filesystem::path& directory, const ReportContent& content, Diagnostics& diagnostics) {
    const auto& [result, scenario, findings, curves, review, provenance] = content;
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error || !std::filesystem::is_directory(directory)) {
        diagnostics.error(SourceLocation(directory.string()),
                          "cannot make this folder" + (error ? ": " + error.message() : std::string()));
        return false;
    }
    const std::size_t before = diagnostics.error_count();
    write_file(directory / "report.txt", text_report(result, scenario, findings, provenance), diagnostics);
    write_file(directory / "report.json", with_provenance(json_report(result, scenario, findings), provenance),
               diagnostics);
    write_file(directory / "operators.csv", csv_report(result), diagnostics);
    if (!result.chats.empty()) {
        write_file(directory / "chats.csv", chats_csv(result), diagnostics);
    }
    const auto pictures =
        write_pictures(directory, draw_pictures(result, scenario.profile, curves, review, diagnostics), diagnostics);
    write_file(directory / "report.md", markdown_report(result, scenario, findings, pictures, provenance), diagnostics);
    const auto beside = beside_page("report", {"report.txt", "report.md", "report.json", "operators.csv"}, pictures);
    write_page(directory, "report", html_report(content, pictures, beside), diagnostics);
    return diagnostics.error_count() == before;
}

}  // namespace berth
