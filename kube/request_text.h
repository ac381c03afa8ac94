// A request as the bytes of HTTP/1.1, for the .cpp files of kube/ only. Pure; safe on any thread.
#pragma once

#include <string>
#include <string_view>

#include "kube/api.h"
#include "kube/kubeconfig.h"

namespace bw {

std::string_view method_name(Method method);

// True if nothing in the request or the token can end its line of the head.
bool is_sendable(const ApiRequest& request, std::string_view token);

// `token` may be "": none.
std::string request_text(const ApiRequest& request, const ClusterAccess& access, std::string_view user_agent,
                         std::string_view token);

}  // namespace bw
