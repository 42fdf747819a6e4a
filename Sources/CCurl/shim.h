// The door to libcurl (https://curl.se/libcurl/c/): its header, and typed faces for the variadic
// functions, which Swift cannot call.
#pragma once
#include <curl/curl.h>

static inline CURLcode fleet_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode fleet_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode fleet_curl_set_string(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode fleet_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}
// libcurl copies what it is shown here at once.
static inline CURLcode fleet_curl_set_copy(CURL *handle, CURLoption option, const void *value) {
  return curl_easy_setopt(handle, option, value);
}
typedef size_t (*fleet_curl_write)(char *data, size_t size, size_t count, void *context);
static inline CURLcode fleet_curl_set_write(CURL *handle, CURLoption option, fleet_curl_write value) {
  return curl_easy_setopt(handle, option, value);
}
typedef int (*fleet_curl_progress)(
    void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now);
static inline CURLcode fleet_curl_set_progress(CURL *handle, fleet_curl_progress value) {
  return curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, value);
}
static inline CURLcode fleet_curl_get_long(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode fleet_curl_get_string(CURL *handle, CURLINFO info, char **value) {
  return curl_easy_getinfo(handle, info, value);
}
