require "fileinto";
if address :is "Delivered-To" "ann@example.org" { fileinto "Delivered"; }
elsif address :domain "Resent-From" "example.org" { fileinto "Resent"; }
