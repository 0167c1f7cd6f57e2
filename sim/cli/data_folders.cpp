// Location of the shipped data for a program in its build folder, in an installed tree or in a relocated one.
#include "cli/data_folders.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <system_error>

#include "berth/base/build_info.h"
#include "berth/schema/json_schema.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

void add_folder(std::vector<fs::path>& folders, const fs::path& folder) {
    std::error_code missing;
    const fs::path real = fs::canonical(folder, missing);
    if (!missing && fs::is_directory(real, missing) &&
        std::find(folders.begin(), folders.end(), real) == folders.end()) {
        folders.push_back(real);
    }
}

}  // namespace

Library data_folders() {
    Library library;
    const std::string variable(kDataVariable);
    if (const char* chosen = std::getenv(variable.c_str()); chosen != nullptr && *chosen != '\0') {
        add_folder(library.roots, chosen);
    }
    add_folder(library.roots, fs::path(kSourceDataDir));
    std::error_code unknown;
    const fs::path executable = fs::read_symlink("/proc/self/exe", unknown);
    if (!unknown) {
        add_folder(library.roots, executable.parent_path() / kDataDirFromExecutable);
    }
    add_folder(library.roots, fs::path(kInstallDataDir));
    return library;
}

std::vector<ShippedFile> shipped_files(const Library& library, std::string_view kind_directory) {
    std::map<std::string, fs::path> found;
    for (const fs::path& root : library.roots) {
        std::error_code failure;
        for (fs::directory_iterator entry(root / kind_directory, failure), end; !failure && entry != end;
             entry.increment(failure)) {
            if (entry->path().extension() == ".yaml") {
                found.emplace(entry->path().stem().string(), entry->path());
            }
        }
    }
    std::vector<ShippedFile> files;
    for (const auto& [name, path] : found) {
        files.push_back({name, path});
    }
    return files;
}

std::string schema_line(const fs::path& file, std::string_view kind_directory, FileKind kind, const Library& library) {
    std::error_code missing;
    const fs::path folder = fs::canonical(file.has_parent_path() ? file.parent_path() : fs::path("."), missing);
    for (const fs::path& root : library.roots) {
        const fs::path schema = root / "docs" / "schema" / fmt::format("{}.json", choice_name(kSchemaNames, kind));
        if (!missing && folder == fs::weakly_canonical(root / kind_directory, missing) &&
            fs::is_regular_file(schema, missing)) {
            return fmt::format("# yaml-language-server: $schema={}\n",
                               schema.lexically_relative(folder).generic_string());
        }
    }
    return "";
}

}  // namespace berth
