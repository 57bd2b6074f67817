if header :matches "Subject" "*make*money*fast*" { discard; }
