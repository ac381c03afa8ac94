// What a new control plane needs so that its parts trust each other. Safe on any thread.
#pragma once

#include <string>

namespace bw {

// 128 random bits in hexadecimal.
std::string random_token();

// With which the API server signs tokens of service accounts. PEM: PKCS #8, and SubjectPublicKeyInfo.
struct SigningKey {
  std::string private_pem;
  std::string public_pem;
};
SigningKey new_signing_key();

}  // namespace bw
