#include "report/page/drawn_pictures.h"

#include <utility>

#include "berth/atomic_file.h"

namespace berth {

std::vector<DrawnPicture> drawn_in(const std::filesystem::path& directory, std::span<const Picture> pictures) {
    std::vector<DrawnPicture> drawn;
    Diagnostics ignored;
    for (const Picture& picture : pictures) {
        if (auto svg = read_file(directory / (picture.name + ".svg"), ignored)) {
            drawn.push_back({picture, std::move(*svg)});
        }
    }
    return drawn;
}

}  // namespace berth
