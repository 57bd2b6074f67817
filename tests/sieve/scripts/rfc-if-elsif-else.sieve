require "fileinto";
# who writes decides
if header :is "Sender" "owner-announce@lists.example" {
    fileinto "Announcements";
} elsif address :domain :is ["from", "to"] "example.com" {
    keep;
} elsif not address :all :contains ["to", "cc", "bcc"] "me@example.org" {
    fileinto "Perhaps spam";
} else {
    fileinto "Personal";
}
