// The header of a token file, for its reader and its writer.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "data/tokens/token_file.h"

namespace sinkmoe::data {

inline constexpr char kTokenMagic[] = "SMTOKENS";
inline constexpr uint32_t kPlainVersion = 1, kDocumentsVersion = 2;
inline constexpr size_t kHashChars = 64, kSourceAt = 40, kTokenizerAt = 104, kContentAt = 168,
                        kTokenHeader = 232;

inline uint32_t bytes_per_id(uint64_t vocabulary) { return vocabulary <= 65536 ? 2 : 4; }

// Offset of the ids; also the number of bytes of header and table.
inline uint64_t ids_start(uint64_t vocabulary) { return kTokenHeader + 2 * vocabulary; }

// Throws Error that names file and byte.
TokenFileInfo parse_token_header(std::string_view bytes, uint64_t file_size,
                                 const std::string& where);

}  // namespace sinkmoe::data
