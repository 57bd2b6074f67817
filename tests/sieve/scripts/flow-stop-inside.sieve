require "fileinto";
if header :contains "Subject" "a" {
    if header :contains "Subject" "b" { stop; }
    fileinto "A";
    if header :contains "Subject" "c" { fileinto "C"; stop; }
}
fileinto "D";
