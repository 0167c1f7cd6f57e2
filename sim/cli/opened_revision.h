// A revision of the data on this machine: a folder, or the files of a git commit.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/temporary_folder.h"
#include "berth/analysis/gate.h"
#include "berth/base/diagnostics.h"

namespace berth {

/// A revision, whose files are readable during the lifetime of this object.
struct OpenedRevision {
    DataRevision revision;
    TemporaryFolder files;  ///< extracted files of a commit

    /// A message with the user's names of files: `main:hardware/board.yaml` instead of the temporary copy.
    [[nodiscard]] std::string in_own_names(std::string text) const;
};

/// Opens the revision `word`: a folder that contains hardware/, models/ or scenarios/, else a git commit or a folder in
/// one (`main`, `HEAD~1`, `v1.2:data`) in the repository around the current folder. `shipped` is searched after the
/// revision's own files. Errors: `word` is neither, or contains none of these folders.
[[nodiscard]] std::optional<OpenedRevision> open_revision(const std::string& word, const Library& shipped,
                                                          Diagnostics& diagnostics);

}  // namespace berth
