// The page of `sinkmoe heads`: one HTML file that opens without network and without scripts.
#pragma once

#include <string>

#include "pretrained/heads.h"

namespace sinkmoe::pretrained {

struct PageInput {
  std::string name;  // of the model: its folder's name
  std::string text;  // what the rows were cut from
  std::string bos;   // what stands at position 0 of each row
  std::string version;
  const Architecture& architecture;
  const HeadsResult& result;
};
std::string heads_page(const PageInput& input);

}  // namespace sinkmoe::pretrained
