require "fileinto";
if header :contains "List-Id" "example.org" {
    if header :contains "List-Id" "tea." { fileinto "Lists/Tea"; }
    elsif header :contains "List-Id" "coffee." {
        if header :contains "Subject" "[ann]" { fileinto "Lists/Coffee/News"; } else { fileinto "Lists/Coffee"; }
    }
    else { fileinto "Lists"; }
}
