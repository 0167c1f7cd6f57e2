// Output file of a fitted profile, and its `extends` entry.
#include "cli/fitted_profile.h"

#include <fmt/format.h>

#include <system_error>

#include "berth/base/atomic_file.h"
#include "berth/base/file_kind.h"
#include "cli/data_folders.h"
#include "scenario/find_file.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

fs::path resolved(const fs::path& path) {
    std::error_code failure;
    const fs::path found = fs::weakly_canonical(fs::absolute(path), failure);
    return failure ? path : found;
}

// Resolves a profile name as a file in `folder` would: a profile in the same folder takes precedence.
std::optional<fs::path> named_from(const Library& library, const fs::path& folder, const std::string& name) {
    std::vector<fs::path> folders = shipped_folders(library, "hardware");
    folders.insert(folders.begin(), folder);
    for (const fs::path& each : folders) {
        std::error_code ignored;
        if (fs::is_regular_file(each / (name + ".yaml"), ignored)) {
            return resolved(each / (name + ".yaml"));
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<ExtendedProfile> extended_profile(const Library& library, const std::string& base, const fs::path& out,
                                                const SourceLocation& where, Diagnostics& diagnostics) {
    const auto found = find_file(library, "hardware", base, where, diagnostics);
    if (!found) {
        return std::nullopt;
    }
    const fs::path file = resolved(*found);
    const fs::path target = resolved(out);
    if (file == target) {
        diagnostics.error(where, fmt::format("{} would be written over the profile that it extends", out.string()),
                          "another name");
        return std::nullopt;
    }
    const std::string name = file.stem().string();
    const bool by_name = name != target.stem().string() && named_from(library, target.parent_path(), name) == file;
    return ExtendedProfile{*found, by_name ? name : fs::proximate(file, target.parent_path()).string()};
}

std::optional<Profile> write_profile(const fs::path& path, const std::string& text, const Library& library,
                                     Diagnostics& diagnostics) {
    return write_file(path, schema_line(path, "hardware", FileKind::kProfile, library) + text, diagnostics)
               ? load_hardware(library, path.string(), {}, SourceLocation(path.string()), diagnostics)
               : std::nullopt;
}

bool set_aside(const fs::path& path, Diagnostics& diagnostics) {
    std::error_code failure;
    if (!fs::exists(path, failure)) {
        return true;
    }
    fs::path kept;
    for (int number = 1; kept.empty() || fs::exists(kept, failure); ++number) {
        kept = fmt::format("{}.{}", path.string(), number);
    }
    fs::rename(path, kept, failure);
    if (failure) {
        diagnostics.error(SourceLocation(path.string()), fmt::format("cannot keep its rows: {}", failure.message()),
                          "another folder, or --resume");
        return false;
    }
    diagnostics.warning(SourceLocation(path.string()),
                        fmt::format("its rows are kept as {}", kept.filename().string()));
    return true;
}

}  // namespace berth
