# Writes a C++ source with the content of files: cmake -DFOLDER=... -DFILES=a;b -DHEADER=... -DFUNCTION=... -DOUT=... -P embed_files.cmake
# A literal holds at most 64 KiB for every compiler, and these files are smaller.
set(entries "")
foreach(name IN LISTS FILES)
    file(READ ${FOLDER}/${name} content)
    string(FIND "${content}" ")embedded\"" inside)
    if(NOT inside EQUAL -1)
        message(FATAL_ERROR "${name} holds the text that ends it")
    endif()
    string(APPEND entries "    {\"${name}\", R\"embedded(${content})embedded\"},\n")
endforeach()
list(LENGTH FILES count)
file(WRITE ${OUT} "// Made from ${FILES}.\n#include \"${HEADER}\"\n\n#include <array>\n\nnamespace berth {\n\n"
     "std::span<const CarriedFile> ${FUNCTION}() {\n"
     "    static constexpr std::array<CarriedFile, ${count}> kFiles{{\n${entries}}};\n    return kFiles;\n}\n\n"
     "}  // namespace berth\n")
