// Draws all pictures of a result.
#include "berth/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <system_error>

#include "report/gnuplot_process.h"
#include "report/plot_style.h"

namespace berth {

namespace {

namespace fs = std::filesystem;

/// A folder of its own inside `parent`, removed with everything in it.
class ScratchFolder {
  public:
    explicit ScratchFolder(const fs::path& parent) {
        std::string pattern = (parent / ".pictures-XXXXXX").string();
        if (mkdtemp(pattern.data()) != nullptr) {
            path_ = pattern;
        }
    }
    ~ScratchFolder() {
        std::error_code ignored;
        if (!path_.empty()) {
            fs::remove_all(path_, ignored);
        }
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

std::vector<Drawing> all_drawings(const ScenarioResult& result, const Profile& profile,
                                  std::span<const TokenCurves> curves) {
    std::vector<Drawing> all = class_drawings(result);
    for (auto& more : {placement_drawings(result), timeline_drawings(result),
                       token_drawings(curves, profile, result.changes), roofline_drawings(result, profile)}) {
        all.insert(all.end(), more.begin(), more.end());
    }
    for (Drawing& drawing : all) {  // a stage's name may hold what a file's cannot
        std::replace(drawing.picture.name.begin(), drawing.picture.name.end(), '/', '-');
        std::replace(drawing.picture.name.begin(), drawing.picture.name.end(), ' ', '-');
    }
    return all;
}

bool move_into_place(const fs::path& from, const fs::path& to, Diagnostics& diagnostics) {
    std::error_code error;
    if (fs::file_size(from, error) == 0 || error) {
        diagnostics.error(SourceLocation(to.string()), "gnuplot drew nothing");
        return false;
    }
    fs::rename(from, to, error);
    if (error) {
        diagnostics.error(SourceLocation(to.string()), "cannot write: " + error.message());
        return false;
    }
    return true;
}

}  // namespace

std::vector<Picture> draw_pictures(const fs::path& directory, const ScenarioResult& result, const Profile& profile,
                                   std::span<const TokenCurves> curves, Diagnostics& diagnostics) {
    return draw_all(directory, all_drawings(result, profile, curves), diagnostics);
}

std::vector<Picture> draw_all(const fs::path& directory, const std::vector<Drawing>& drawings,
                              Diagnostics& diagnostics) {
    const ScratchFolder scratch(directory);
    if (scratch.path().empty()) {
        diagnostics.error(SourceLocation(directory.string()), "cannot make a folder for the pictures in it");
        return {};
    }
    std::string commands;
    for (const Drawing& drawing : drawings) {
        commands += script(drawing);
    }
    if (!run_gnuplot(commands, scratch.path(), diagnostics)) {
        return {};
    }
    std::vector<Picture> drawn;
    for (const Drawing& drawing : drawings) {
        bool whole = true;
        for (const char* type : {".png", ".svg"}) {
            const std::string file = drawing.picture.name + type;
            whole = move_into_place(scratch.path() / file, directory / file, diagnostics) && whole;
        }
        if (whole) {
            drawn.push_back(drawing.picture);
        }
    }
    return drawn;
}

}  // namespace berth
