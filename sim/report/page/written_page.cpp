#include "report/page/written_page.h"

#include "berth/base/atomic_file.h"
#include "report/drawing_program.h"

namespace berth {

std::vector<Picture> write_forms(const std::filesystem::path& directory, const std::string& stem,
                                 const WrittenForms& forms, std::vector<Drawing> drawings, const Provenance& provenance,
                                 Diagnostics& diagnostics) {
    write_file(directory / (stem + ".txt"), with_provenance_text(forms.text, provenance), diagnostics);
    write_file(directory / (stem + ".json"), with_provenance(forms.json, provenance), diagnostics);
    if (!forms.rows.empty()) {
        write_file(directory / (stem + ".csv"), forms.rows, diagnostics);
    }
    return write_pictures(directory, drawn(std::move(drawings), diagnostics), diagnostics);
}

void write_page(const std::filesystem::path& directory, const std::string& stem, std::string_view html,
                Diagnostics& diagnostics) {
    write_file(directory / "index.html", html, diagnostics);
    if (const auto pdf = printed(html, diagnostics)) {
        write_file(directory / (stem + ".pdf"), *pdf, diagnostics);
    }
}

std::vector<std::string> beside_page(const std::string& stem, std::vector<std::string> files,
                                     std::span<const Picture> pictures) {
    files.insert(files.begin(), stem + ".pdf (this page, where WeasyPrint is installed)");
    for (const Picture& picture : pictures) {
        files.push_back(picture.name + (picture.csv.empty() ? " (png, svg)" : " (png, svg, csv)"));
    }
    return files;
}

}  // namespace berth
